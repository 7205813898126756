"""A few short texts below the pictures: what each section is about."""

from __future__ import annotations

import streamlit as st

#: For each section its texts: a title, and what stands below it.
LESSONS = {
    "start": (
        (
            "From the perceptron to attention",
            "A perceptron is a single unit: a weighted sum and a bend. Units in layers can say "
            "nearly anything, but on its way back a gradient is multiplied by a matrix in every "
            "layer. Matrices that are a little too small make it vanish, a little too large "
            "explode, so the first weights have to keep sizes as they are; that is all that "
            "Xavier's and Kaiming's rules do.\n\n"
            "Convolutions use the same few weights at every place of an image. Recurrent networks "
            "use the same weights at every step of a sequence: the same matrix multiplies again "
            "and again, and the first steps are forgotten. Gates (GRU, LSTM) and shortcuts lead "
            "around that, and attention reaches every step directly. Choose such a model and such "
            "data at the left, and open **gradients**.",
        ),
    ),
    "hold": (
        (
            "What to take when",
            "**L2** or **AdamW** as a rule: functions get smoother, nothing is switched off. "
            "**L1** where few inputs should matter: the others are switched off. **Dropout** in "
            "wide networks: no unit can rely on another one. **Noise on the inputs** where new "
            "samples will stray like that. **Early stopping** always costs least. All of them cure "
            "over-fitting and worsen under-fitting, so their strength is chosen by the loss on "
            "samples that were kept back, never by the training loss.",
        ),
    ),
    "fit": (
        (
            "Over-fit, under-fit, and their cures",
            "*Over-fit*, low on the training samples and high on the others: more samples, a "
            "smaller model, a penalty, dropout, stopping early. *Under-fit*, high on both: a "
            "larger model, less regularisation, more steps, a better learning rate. *Neither, but "
            "high*: the inputs do not say more.\n\n"
            "Steer by samples that were kept back, and judge by others that nobody has looked at. "
            "Accuracy misleads where one class is rare: look at balanced accuracy, at precision "
            "(how many of the finds are right) and at recall (how much was found); F1 is their "
            "harmonic mean. With few samples a single split misleads too: take folds.",
        ),
        (
            "SGD or Adam?",
            "One often reads: SGD for small batches, Adam for large models. The size of the batch "
            "does not decide: both take batches of any size, and both need a learning rate that "
            "falls to come to rest in the noise of small ones. What decides is how unlike the "
            "weights are. Adam measures each weight's step by the size of its own gradients, which "
            "helps most where these differ much, as in Transformers, also when every step sees all "
            "samples (Kunstner et al. 2023). On images SGD with momentum was often found to do as "
            "well (Wilson et al. 2017), and it keeps one number for each weight where Adam keeps "
            "two. "
            "Neither leaves every local minimum. Whichever you take, "
            "its learning rate matters more than its name, so compare them each at its own best "
            "one (*Fair mode* on the race page).",
        ),
    ),
    "weights": (
        (
            "One turn of the training loop",
            "Clean the data and bring them to one scale. Draw the first weights, put the biases to "
            "zero. Then, again and again: send a batch through the layers (*forward*), compare "
            "with the targets (*loss*), send the slope of the loss back through the layers by the "
            "chain rule (*backward*), and move each weight a little against its own slope "
            "(*step*). One round over all samples is an epoch. Stop when the loss on samples that "
            "were kept back falls no more. What moves in these pictures is all that training ever "
            "changes.",
        ),
        (
            "Four stages, whatever the framework",
            "**The data**: clean, scale, keep some back (page *Data*). **The model**: of a kind "
            "that suits the data, with first weights that keep signals even (*Initial weights*). "
            "**The loss**: by the task (page *Losses*). **The optimizer**: by model and means, at "
            "a learning rate that was tried out (pages *Playground* and *Race*). Fine-tuning goes "
            "through the same four; only, its first weights are those of a trained model, so its "
            "steps are shorter and fewer.\n\n"
            "PyTorch, which trains on these pages, TensorFlow and Keras all have these parts ready "
            "made: layers, losses, optimizers, and the way back by the chain rule. What you learn "
            "here holds for each of them, but look up their defaults, which differ.",
        ),
    ),
}


def tell(section: str) -> None:
    """The texts of a section, folded up."""
    for title, text in LESSONS.get(section, ()):
        with st.expander(title, icon=":material/menu_book:"):
            st.markdown(text)
