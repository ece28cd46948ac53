import type { Dialect } from './dialect.js';
import { count, flag, identifier } from './sources.js';

/** Our own keys, which say what no convention has a word for. They stand beside any dialect. */
export const spanledger: Dialect = {
  name: 'spanledger',
  isGeneral: true,
  facts: {
    isPending: [flag('spanledger.pending')],
    caseId: [identifier('spanledger.case.id')],
    workflowId: [identifier('spanledger.workflow.id')],
    attempt: [count('spanledger.attempt')],
    agentType: [identifier('spanledger.agent.type')],
  },
};
