// What a request is refused with: a status, and the JSON that OpenAI's clients know.
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** The field of the request that is wrong. */
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { param?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = more.param ?? null;
    this.headers = more.headers ?? {};
  }
}

// A field that cannot be taken.
export function wrongField(param: string, message: string): ApiError {
  return new ApiError(400, 'invalid_value', `${param} ${message}`, { param });
}

// Any failure as such an error; what is no refusal is a mistake of ours, whose words stay here.
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(500, 'internal_error', 'the server failed at this request; others go on');
}

// As the body of an answer, or an event of a stream.
export function errorBody({ status, code, message, param }: ApiError) {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  return { error: { message, type, param, code } };
}
