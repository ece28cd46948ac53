/** Fields of the records that are Spanledger's own, by their type; those without a question mark a record must have. */
export interface RecordFieldsByType {
  /** An agent said what it means to do. */
  'plan.created': PlanFields;
  /** A plan is now otherwise. */
  'plan.updated': PlanChange;
  /** One thing was done. */
  'log.added': LogFields;
  /** Something is to be remembered. */
  'context.set': ContextFields;
  /** Something need not be remembered any more. */
  'context.deleted': ContextKeyFields;
  /** One agent asks another. */
  'conversation.asked': QuestionFields;
  /** "Please wait". */
  'conversation.acknowledged': MessageFields;
  /** "Are you still there?" */
  'conversation.followed_up': MessageFields;
  /** The question is settled. */
  'conversation.answered': MessageFields & Required<Pick<MessageFields, 'answer'>>;
  /** Somebody else must answer. */
  'conversation.cant_help': MessageFields & Required<Pick<MessageFields, 'reason'>>;
  /** The question went on to the next. */
  'conversation.escalated': MessageFields & Required<Pick<MessageFields, 'reason'>>;
  /** The question was taken back. */
  'conversation.cancelled': MessageFields;
  /** A result is kept. */
  'artifact.stored': ArtifactFields;
  /** A person is to decide. */
  'checkpoint.requested': CheckpointFields;
}

/** The fields of a record by its type: those of Spanledger's own types, or any for any other type. */
export type RecordFields<T extends string> = T extends keyof RecordFieldsByType
  ? RecordFieldsByType[T]
  : Readonly<Record<string, unknown>>;

/** `pending`, `in_progress`, `blocked`, `completed`, `failed` or `cancelled`. */
export type PlanStatus = 'pending' | 'in_progress' | 'blocked' | 'completed' | 'failed' | 'cancelled';

/** A step of a plan, as it is stored. */
export interface StepFields {
  /** From 1. */
  step: number;
  /** What is done, in a few words. */
  action: string;
  /** What is done, at length. */
  description?: string;
  /** In minutes. */
  estimated_duration?: number;
}

/** Fields of `plan.created`. */
export interface PlanFields {
  /** The plan's own id. */
  id: string;
  /** What the plan is for. */
  taskId?: string | undefined;
  /** `research`, `implementation`, `subtask_breakdown` or any other word. */
  type: string;
  /** In order. */
  steps: readonly StepFields[];
  /** Why the plan is as it is. */
  reasoning?: string | undefined;
}

/** Fields of `plan.updated`; what is left out stays as it is. */
export interface PlanChange {
  /** The plan's own id. */
  id: string;
  /** The step that is being done, from 1; the number of steps plus 1 once all are done. */
  currentStep?: number | undefined;
  /** How far it is. */
  status?: PlanStatus | undefined;
  /** Why the plan is as it now is. */
  reasoning?: string | undefined;
  /** All steps, in place of those before. */
  steps?: readonly StepFields[] | undefined;
}

/** Fields of `log.added`. */
export interface LogFields {
  /** The plan that it belongs to. */
  planId?: string | undefined;
  /** The task that it belongs to. */
  taskId?: string | undefined;
  /** The step of the plan, from 1. */
  stepNumber?: number | undefined;
  /** `start_step`, `complete_step`, `create_subtask`, `block`, `unblock`, `decide`, `note` or any other word. */
  actionType: string;
  /** What was worked on. */
  entityId?: string | undefined;
  /** What was done, in a sentence. */
  description?: string | undefined;
  /** Any value that JSON can say. */
  beforeState?: unknown;
  /** Any value that JSON can say. */
  afterState?: unknown;
  /** What went wrong. */
  errorMessage?: string | undefined;
  /** From 0 to 1. */
  confidence?: number | undefined;
}

/** Fields of `context.deleted`. */
export interface ContextKeyFields {
  /** The task that it belongs to; a task, a plan or both. */
  taskId?: string | undefined;
  /** The plan that it belongs to. */
  planId?: string | undefined;
  /** `goal`, `research`, `dependencies`, `blockers`, `notes` or any other word. */
  type: string;
  /** Its name within the type. */
  key: string;
}

/** Fields of `context.set`. */
export interface ContextFields extends ContextKeyFields {
  /** A text. */
  value: string | undefined;
  /** Any value that JSON can say. */
  metadata?: unknown;
}

/** Fields of `conversation.asked`. */
export interface QuestionFields {
  /** The conversation's id. */
  id: string;
  /** The message's own id. */
  messageId?: string | undefined;
  /** What is asked. */
  question: string;
  /** What kind of question it is. */
  questionType?: string | undefined;
  /** The agent that asks. */
  askerId?: string | undefined;
  /** The role of the agent that asks. */
  askerRole?: string | undefined;
  /** The squad whose rules route the question. */
  squad?: string | undefined;
  /** The organization whose rules route it where the squad has none. */
  organization?: string | undefined;
  /** The agent that shall answer, where no rule is to choose. */
  responderId?: string | undefined;
  /** The execution that the question is about. */
  taskExecutionId?: string | undefined;
  /** Any value that JSON can say. */
  metadata?: unknown;
}

/** Fields of the records that go on with a conversation. */
export interface MessageFields {
  /** The conversation's id. */
  id: string;
  /** The message's own id. */
  messageId?: string | undefined;
  /** The message that it answers to. */
  parentMessageId?: string | undefined;
  /** The agent that speaks. */
  authorId?: string | undefined;
  /** The role of the agent that speaks. */
  authorRole?: string | undefined;
  /** What is said. */
  text?: string | undefined;
  /** Of an answer: what is answered. */
  answer?: string | undefined;
  /** Why it can't be helped, goes on to another or is taken back. */
  reason?: string | undefined;
  /** Who should be asked by somebody who can't help. */
  expertRole?: string | undefined;
}

/** Fields of `artifact.stored`. */
export interface ArtifactFields {
  /** The artifact's own id. */
  id: string;
  /** `research_finding`, `content_draft`, `report`, `generic_output` or any other word. */
  type: string;
  /** What it is called. */
  title?: string | undefined;
  /** A text, or JSON as text, as the media type says. */
  content?: string | undefined;
  /** Where it is kept, in place of its content. */
  uri?: string | undefined;
  /** What kind of content it is. */
  mediaType?: string | undefined;
  /** How large it is. */
  sizeBytes?: number | undefined;
  /** In hex. */
  sha256?: string | undefined;
  /** From 0 to 1. */
  confidence?: number | undefined;
  /** Any value that JSON can say. */
  metadata?: unknown;
}

/** Fields of `checkpoint.requested`. */
export interface CheckpointFields {
  /** The checkpoint's own id. */
  id: string;
  /** What the decision is found by. */
  key: string;
  /** Why a person is asked. */
  reason: string;
  /** What is at stake. */
  risk: 'low' | 'medium' | 'high';
  /** What is to be looked at. */
  artifactIds?: readonly string[] | undefined;
  /** Any value that JSON can say. */
  metadata?: unknown;
}
