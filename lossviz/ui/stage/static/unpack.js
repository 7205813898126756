// Read the server's container: a JSON header, then raw arrays (see pack.py for the layout).

const ARRAYS = { float64: Float64Array, float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/** The message as one tree in which every array is {data: TypedArray, shape: [..]}. */
export function unpack(bytes) {
  const copy = bytes.slice().buffer; // typed arrays need their own, aligned start
  const view = new DataView(copy);
  const magic = String.fromCharCode(...new Uint8Array(copy, 0, 4));
  if (magic !== "LVS1") throw new Error(`not a stage message: ${magic}`);
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(copy, 8, length)));
  const table = header.arrays;
  delete header.arrays;
  return restore(header, (name) => {
    const { dtype, shape, offset } = table[name];
    const count = shape.reduce((product, side) => product * side, 1);
    return { data: new ARRAYS[dtype](copy, 8 + length + offset, count), shape };
  });
}

function restore(value, lookup) {
  if (Array.isArray(value)) return value.map((item) => restore(item, lookup));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.array === "string") return lookup(value.array);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, restore(item, lookup)]),
  );
}
