// Where a point of Plotly's 3-D scene is on the screen, and what else is to be had of it alone. The
// matrices have private names; every use of them is in this file, and `null` says that this version of
// Plotly has none of them.

/** A function (x, y, z, out) -> whether it is in front of the camera, or null. */
export function projector(node) {
  const scene = node._fullLayout?.scene?._scene;
  const plot = scene?.glplot;
  const camera = plot?.cameraParams;
  const scaling = scene?.dataScale;
  if (!camera?.model || !camera.view || !camera.projection || !scaling || !plot.canvas) return null;
  const matrix = multiply(camera.projection, multiply(camera.view, camera.model));
  const { left, top, width, height } = frame(node, scene.container ?? plot.canvas);
  const [sx, sy, sz] = scaling;
  return (x, y, z, out) => {
    const [a, b, c] = [x * sx, y * sy, z * sz];
    const w = matrix[3] * a + matrix[7] * b + matrix[11] * c + matrix[15];
    const px = (matrix[0] * a + matrix[4] * b + matrix[8] * c + matrix[12]) / w;
    const py = (matrix[1] * a + matrix[5] * b + matrix[9] * c + matrix[13]) / w;
    out[0] = left + ((1 + px) * width) / 2;
    out[1] = top + ((1 - py) * height) / 2;
    return w > 0 && Number.isFinite(out[0]) && Number.isFinite(out[1]);
  };
}

/** From where the camera looks, in the scene's own units, or null. */
export const cameraEye = (node) => node._fullLayout?.scene?._scene?.getCamera?.()?.eye ?? null;

/** How far the camera is from what it looks at, or null. */
export const cameraDistance = (node) => node._fullLayout?.scene?._scene?.camera?.distance ?? null;

/** Move the camera so near or far; it looks at the same from the same side. */
export function placeCamera(node, distance) {
  node._fullLayout.scene._scene.camera.distance = distance;
}

/** Look at the one picture as at the other; `stay`: also when new data come. */
export function copyCamera(from, to, stay) {
  const camera = from._fullLayout?.scene?._scene?.getCamera?.();
  const scene = to._fullLayout?.scene?._scene;
  if (!camera || typeof scene?.setViewport !== "function") return;
  scene.setViewport({ camera, aspectratio: scene.fullSceneLayout.aspectratio });
  if (stay) keepCamera(to);
}

/** Plotly keeps a camera through new data only when a mouse has moved it. */
export function keepCamera(node) {
  node.querySelector(".gl-container canvas")?.dispatchEvent(new Event("mouseup"));
}

/** Whether a picture that the browser takes away will stay so: Plotly would fetch it back, and with
 *  that take away another one. */
export function letGoWhenLost(node) {
  const scene = node._fullLayout?.scene?._scene;
  if (typeof scene?.recoverContext !== "function") return false;
  scene.recoverContext = () => {};
  return true;
}

/** A number that changes whenever the camera does. */
export function cameraStamp(node) {
  const camera = node._fullLayout?.scene?._scene?.glplot?.cameraParams;
  if (!camera?.view || !camera.projection) return 0;
  let stamp = 0;
  for (let i = 0; i < 16; i += 1) stamp = stamp * 1.0001 + camera.view[i] + 3 * camera.projection[i];
  return stamp;
}

function frame(node, element) {
  const outer = node.getBoundingClientRect();
  const inner = element.getBoundingClientRect();
  return {
    left: inner.left - outer.left,
    top: inner.top - outer.top,
    width: inner.width,
    height: inner.height,
  };
}

/** Product of two column-major 4 x 4 matrices. */
function multiply(a, b) {
  const product = new Float64Array(16);
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 4; row += 1) {
      let sum = 0;
      for (let k = 0; k < 4; k += 1) sum += a[4 * k + row] * b[4 * column + k];
      product[4 * column + row] = sum;
    }
  }
  return product;
}
