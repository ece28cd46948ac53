/** Anything `JSON.parse` can return. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** Made with a null prototype or by `JSON.parse`, so that `__proto__` is an ordinary key. */
export interface JsonObject {
  [key: string]: JsonValue;
}
