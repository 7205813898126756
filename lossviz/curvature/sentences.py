"""What can be said of a step: a sentence for each verdict of `lossviz.curvature.why`."""

from __future__ import annotations

#: A sentence for each verdict; {names} are columns of `Why.values`.
SENTENCES: dict[str, str] = {
    "steady": "Steady descent: the slope is {slope}, and the step goes down it.",
    "plane": (
        "Nothing curves here: the slope is {slope}, and the step goes down it. As long as it stays "
        "so, there is no minimum in this direction."
    ),
    "minimum": (
        "At a minimum, or next to it: the slope is only {slope}, and every direction curves "
        "upwards."
    ),
    "valley": (
        "At the floor of a valley: the slope is only {slope}. Along the valley it is flat, so "
        "there is nowhere to go."
    ),
    "balance": (
        "At rest where the slope {slope} and the weight decay cancel each other: the decay has "
        "moved the minimum towards 0."
    ),
    "at_minimum": "At a minimum: the gradient is exactly zero, and every direction curves upwards.",
    "sharp_minimum": (
        "At a minimum whose curvature {seen} is above {allowed}, the most that this learning rate "
        "stands. It rests here only while nothing disturbs it."
    ),
    "at_saddle": (
        "Stuck at a saddle: the gradient is exactly zero, so no step is made. The surface falls "
        "away, with curvature {lowest}, but nothing pushes it there."
    ),
    "at_maximum": (
        "Stuck at a maximum: the gradient is exactly zero, so no step is made. Any push would make "
        "it fall."
    ),
    "at_plateau": "Stuck on a plateau: gradient and curvature are exactly zero here.",
    "at_stationary": (
        "At rest: the gradient is exactly zero, so no step is made. One direction has no "
        "curvature; the surface may be level that way."
    ),
    "stuck_saddle": (
        "Stuck at a saddle: the surface falls away sideways, with curvature {lowest}, but the "
        "gradient that way is exactly zero. Noise or another start would free it."
    ),
    "heading": (
        "Heading for a saddle: the surface falls away sideways, with curvature {lowest}, but the "
        "gradient that way is exactly zero. It will get stuck there."
    ),
    "negative": (
        "Crossing negative curvature {lowest}: it is leaving a saddle. Along that direction each "
        "step is larger than the last."
    ),
    "dome": (
        "Down from a hilltop: every direction curves downwards, the most with {lowest}. Each step "
        "is larger than the last."
    ),
    "near_saddle": (
        "Near a saddle: one direction curves downwards, with curvature {lowest}, but the slope "
        "along it is only {way_out}. Leaving takes a while."
    ),
    "bent": (
        "Going along a bent valley: its walls curve with {highest}, the way along it with "
        "{lowest}. The walls keep the steps short."
    ),
    "diverged": (
        "It diverges because the learning rate is over the limit for steps {first} to {last}. Here "
        "it is {rate}, {ratio} times the limit {own_limit} at curvature {seen}."
    ),
    "undefined": (
        "The function is not a finite number at this start, so no step can be made. Start where it "
        "is one."
    ),
    "falls": (
        "It falls for ever: the function has no minimum in this direction, so every step leads "
        "further down."
    ),
    "fell": (
        "It falls for ever: the function has no minimum in this direction. After this step the "
        "numbers are no longer usable."
    ),
    "too_much_decay": (
        "The weight decay is too strong for the learning rate {rate}: by itself it throws the "
        "weights to the other side of 0, and farther out each time."
    ),
    "blown": (
        "It diverges: after this step the numbers are no longer usable. No stability limit is "
        "known for this optimizer."
    ),
    "blown_below": (
        "It diverges: after this step the numbers are no longer usable. The steps are too long for "
        "this surface, although they are below the limit for the curvature just here."
    ),
    "over": (
        "The steps grow: the learning rate {rate} is over the limit {own_limit} at curvature "
        "{seen}. Each step overshoots by more than the last."
    ),
    "over_soon": (
        "The learning rate {rate} is over the limit {own_limit} at curvature {seen}. Along the "
        "steepest curve the steps will grow."
    ),
    "edge": (
        "It bounces to and fro: the learning rate {rate} is exactly at the limit for curvature "
        "{seen}. The steps neither shrink nor grow."
    ),
    "oscillates": (
        "It oscillates across the valley because the learning rate {rate} is {ratio} of the limit "
        "{own_limit}. Each step overshoots the floor, by less each time."
    ),
    "swings": (
        "Momentum makes it swing across the valley: it arrives at the floor too fast to stop. The "
        "swings shrink, as the learning rate is below the limit {own_limit}."
    ),
    "crosses": "It oscillates: the slope across the valley changes its sign at each step.",
    "uphill": (
        "Momentum carries it uphill: it overshoots, and the slope slows it down before it comes "
        "back."
    ),
    "skips": (
        "No step is made here, although the slope is {slope}: the optimizer skips it, or it is too "
        "small to count."
    ),
    "carried": "The slope is exactly zero here: what is left of earlier steps carries it on.",
    "decay": (
        "Weight decay moves it, not the slope, which is {slope}: the weights shrink towards 0, "
        "also where that leads uphill."
    ),
    "far": "It overshoots: this step goes too far down the slope and ends higher than it began.",
    "slow": (
        "Slow because the curvature differs: {highest} one way, {lowest} the other, a condition "
        "number of {condition}. Along the flat direction this step removes only {share} % of what "
        "is left."
    ),
    "small": (
        "Slow because the learning rate is small: {rate} is {ratio} of the limit {own_limit}. A "
        "larger one would be stable here."
    ),
    "noise": (
        "Bouncing because of noise: the slope {slope} is smaller than the noise {noise}. A smaller "
        "learning rate or a larger batch would bring it closer."
    ),
    "held": (
        "Held at the edge of the allowed box: the step would leave it, so the point is put back."
    ),
    "still": "It does not move: the learning rate in force is 0.",
}
