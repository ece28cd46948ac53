/** One answer of the query API. */
export interface Answer<Body> {
  status: number;
  body: Body;
}

/** Sends a JSON body, if any, and answers status and JSON whatever they are. */
export async function callApi<Body>(
  baseUrl: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<Body>> {
  const response = await fetch(baseUrl + path, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}
