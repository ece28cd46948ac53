import { quietly } from '../quietly.js';
import { ATTR } from '../semconv.js';
import { writeRecord } from './emit-record.js';

/** Which model was chosen, and why. */
export interface ModelChoice {
  /** The model's name, as it is asked for. */
  model: string;
  /** The provider, by the name of the GenAI conventions: `openai`, `anthropic`, … */
  provider?: string | undefined;
  /** Why it was chosen. */
  reason?: string | undefined;
}

/** Which model was left for which, and why. */
export interface ModelSwitch {
  /** The model that is given up. */
  from: string;
  /** The model that is used from now on. */
  to: string;
  /** The provider of the model that is used from now on. */
  provider?: string | undefined;
  /** Why it was given up. */
  reason?: string | undefined;
}

/** Records that a model was chosen for what comes next in the trace. Never throws. */
export function modelSelected(choice: ModelChoice): void {
  quietly(() => {
    const { model, provider, reason } = choice;
    writeRecord('model_selected', { reason }, describeModel(model, provider));
  });
}

/** Records that one model was given up for another, as after an error or for its price. Never throws. */
export function modelSwitched(change: ModelSwitch): void {
  quietly(() => {
    const { from, to, provider, reason } = change;
    writeRecord('model_switched', { from, to, reason }, describeModel(undefined, provider));
  });
}

function describeModel(model: string | undefined, provider: string | undefined) {
  return {
    ...(model !== undefined && { [ATTR.requestModel]: model }),
    ...(provider !== undefined && { [ATTR.providerName]: provider }),
  };
}
