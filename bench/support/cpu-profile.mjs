import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOM = /\/dist\/collector\/(storage\/postgres\/write|[\w-]+)/;
const PACKAGE = /\/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)/;

/**
 * Seconds of CPU by stage, from the profiles that a collector left in a folder, one for each of its threads. A sample
 * counts for the collector's room that called for the work, libraries included; what no room called for, such as the
 * parsing of what a socket got, counts for its package or for Node. Idle time is left out.
 */
export function readStageSeconds(folder) {
  const stages = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const stageById = nameStages(profile.nodes);
    profile.samples.forEach((id, index) => {
      const stage = stageById.get(id);
      if (stage === 'idle') return;
      stages.set(stage, (stages.get(stage) ?? 0) + Math.max(0, profile.timeDeltas[index]) / 1e6);
    });
  }
  return [...stages].sort(([, a], [, b]) => b - a);
}

function nameStages(nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const stages = new Map();
  for (const { id, callFrame } of nodes) stages.set(id, nameStage(id, callFrame.functionName));
  return stages;

  function nameStage(leaf, functionName) {
    // Names that V8 gives to what is no function.
    if (functionName === '(idle)') return 'idle';
    if (functionName === '(garbage collector)') return 'garbage collection';
    let library = 'Node';
    for (let id = leaf; id !== undefined; id = parents.get(id)) {
      const { url } = byId.get(id).callFrame;
      const room = ROOM.exec(url)?.[1];
      if (room !== undefined) return room;
      library = PACKAGE.exec(url)?.[1] ?? library;
    }
    return library;
  }
}
