import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of the heap that are in use once what nobody refers to is gone. */
export function readHeapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  // What the first time only finds to be free, such as by way of a weak map, goes with the second.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
