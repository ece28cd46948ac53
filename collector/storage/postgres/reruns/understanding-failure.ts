/** The given understanding threw: trying again would not help. */
export class UnderstandingFailure extends Error {
  /** Runs what must not throw, and says so where it does. */
  static guard<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UnderstandingFailure(`a record could not be understood: ${reason}`, { cause: error });
    }
  }
}
