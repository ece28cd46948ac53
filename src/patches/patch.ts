import { quietly } from '../quietly.js';
import { isActive } from '../setup/tracer.js';
import { warn } from '../setup/warn.js';
import { readFields } from './fields.js';
import { isInstrumented } from './others.js';

/** A patch that is in force. */
export interface Patch {
  /** Takes the patch back; a second call does nothing. Calls that run are recorded to their end. */
  unpatch(): void;
}

/** A call of a patched method. */
export interface MethodCall {
  self: unknown;
  given: readonly unknown[];
  /** Calls the method itself, with the same `this`. */
  proceed: (...given: readonly unknown[]) => unknown;
}

type Around = (call: MethodCall) => unknown;
type Method = (this: unknown, ...given: unknown[]) => unknown;

/** A method to be patched, and where it is found; undefined owners are left out. */
export interface PatchedMethod {
  owner: unknown;
  name: string;
  around: Around;
}

/** All methods that are made by patches, so that none is patched twice. */
const OURS = new WeakSet();

/** Patches what is there of some methods. Never throws; says in words where there is none of them. */
export function patchMethods(patchName: string, expected: string, methods: readonly PatchedMethod[]): Patch {
  const found = methods.filter(({ owner, name }) => typeof readFields(owner)[name] === 'function');
  if (found.length === 0) warn(`${patchName} does nothing: it was given no ${expected}`);
  const removals = found.map((method) => quietly(() => patchMethod(method)));
  return {
    unpatch() {
      for (const remove of removals.splice(0)) if (remove !== undefined) quietly(remove);
    },
  };
}

function patchMethod({ owner, name, around }: PatchedMethod): (() => void) | undefined {
  const target = owner as Record<string, Method>;
  const own = Object.getOwnPropertyDescriptor(target, name);
  const found = target[name];
  // A client behind a proxy that records (`observeOpenAI` of @langfuse/openai 5) gives another function at each look.
  if (found === undefined || OURS.has(found) || found !== target[name]) return undefined;
  let isInForce = true;
  const patched = function (this: unknown, ...given: unknown[]): unknown {
    // Looked up again where it is inherited: instrumentation may have come to the class in the meantime.
    const method = own === undefined ? findInherited(target, name) : found;
    const proceed = (...changed: readonly unknown[]) => Reflect.apply(method, this, changed);
    const outermost = readFields(this)[name];
    const isOthers = isInstrumented(method) || (outermost !== patched && isInstrumented(outermost));
    if (!isInForce || !isActive() || isOthers || OURS.has(method)) return proceed(...given);
    return around({ self: this, given, proceed });
  };
  OURS.add(patched);
  Object.defineProperty(patched, 'name', { value: found.name, configurable: true });
  Object.defineProperty(patched, 'length', { value: found.length, configurable: true });
  const enumerable = own?.enumerable ?? false;
  Object.defineProperty(target, name, { value: patched, configurable: true, writable: true, enumerable });
  return () => {
    isInForce = false;
    // Where somebody has wrapped the patch, it must stay, and lets calls through.
    if (Object.getOwnPropertyDescriptor(target, name)?.value !== patched) return;
    if (own === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, own);
  };
}

function findInherited(target: object, name: string): Method {
  return Reflect.get(Object.getPrototypeOf(target) as object, name, target) as Method;
}
