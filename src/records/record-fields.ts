/** Fields that a record of ours may have; those without a question mark it must have. */
export interface RecordFieldsByType {
  'plan.created': PlanFields;
  'plan.updated': PlanChange & { id: string };
  'log.added': LogFields;
  'context.set': ContextKeyFields & { value: unknown; metadata?: unknown };
  'context.deleted': ContextKeyFields;
  'conversation.asked': QuestionFields;
  'conversation.acknowledged': MessageFields & { text?: string | undefined };
  'conversation.followed_up': MessageFields & { text: string };
  'conversation.answered': MessageFields & { answer: string };
  'conversation.cant_help': MessageFields & { reason: string; expertRole?: string | undefined };
  'conversation.escalated': MessageFields & { reason: string };
  'conversation.cancelled': MessageFields & { reason?: string | undefined };
  'artifact.stored': ArtifactFields;
  'checkpoint.requested': CheckpointFields;
  model_selected: { reason?: string | undefined };
  model_switched: { from: string; to: string; reason?: string | undefined };
}

/** The fields of a record by its type: those of Spanledger's own types, or any for any other type. */
export type RecordFields<T extends string> = T extends keyof RecordFieldsByType
  ? RecordFieldsByType[T]
  : Readonly<Record<string, unknown>>;

/** `pending`, `in_progress`, `blocked`, `completed`, `failed` or `cancelled`. */
export type PlanStatus = 'pending' | 'in_progress' | 'blocked' | 'completed' | 'failed' | 'cancelled';

/** A step of a plan, as it is stored: `step` counts from 1, `estimated_duration` is in minutes. */
export interface StepFields {
  step: number;
  action: string;
  description?: string;
  estimated_duration?: number;
}

/** What a plan may be changed in. */
export interface PlanChange {
  /** The step that is being done, from 1; the number of steps plus 1 once all are done. */
  currentStep?: number | undefined;
  status?: PlanStatus | undefined;
  /** Why the plan is as it is. */
  reasoning?: string | undefined;
  steps?: readonly StepFields[] | undefined;
}

interface PlanFields {
  id: string;
  taskId?: string | undefined;
  type: string;
  steps: readonly StepFields[];
  reasoning?: string | undefined;
}

interface LogFields {
  planId?: string | undefined;
  taskId?: string | undefined;
  stepNumber?: number | undefined;
  actionType: string;
  entityId?: string | undefined;
  description?: string | undefined;
  beforeState?: unknown;
  afterState?: unknown;
  errorMessage?: string | undefined;
  confidence?: number | undefined;
}

interface ContextKeyFields {
  taskId?: string | undefined;
  planId?: string | undefined;
  type: string;
  key: string;
}

interface MessageFields {
  /** The conversation. */
  id: string;
  messageId?: string | undefined;
  parentMessageId?: string | undefined;
  authorId?: string | undefined;
  authorRole?: string | undefined;
}

interface QuestionFields {
  id: string;
  messageId?: string | undefined;
  question: string;
  questionType?: string | undefined;
  askerId?: string | undefined;
  askerRole?: string | undefined;
  squad?: string | undefined;
  organization?: string | undefined;
  responderId?: string | undefined;
  taskExecutionId?: string | undefined;
  metadata?: unknown;
}

interface ArtifactFields {
  id: string;
  type: string;
  title?: string | undefined;
  content?: unknown;
  uri?: string | undefined;
  mediaType?: string | undefined;
  sizeBytes?: number | undefined;
  sha256?: string | undefined;
  confidence?: number | undefined;
  metadata?: unknown;
}

interface CheckpointFields {
  id: string;
  key: string;
  reason: string;
  risk: 'low' | 'medium' | 'high';
  artifactIds?: readonly string[] | undefined;
  metadata?: unknown;
}
