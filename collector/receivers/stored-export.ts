import type { OwnHeaders } from '../model/own-headers.js';
import type { Signal } from '../model/span-data.js';

/** An export request whose records have been committed, as it came on the wire. */
export interface StoredExport {
  projectId: string;
  signal: Signal;
  /** As the sender wrote it; `application/x-protobuf` for a message that came over gRPC. */
  contentType: string;
  /** Null where the body is not compressed; a message that came over gRPC is inflated. */
  contentEncoding: string | null;
  body: Uint8Array;
  /** What collectors on its way have said of it; absent where the transport has no headers for it. */
  ownHeaders?: OwnHeaders;
}

/** Told of each export after its commit and before its answer, which does not wait for what is done with it. */
export type OnStored = (request: StoredExport) => void;
