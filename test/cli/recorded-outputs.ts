/** What commands printed after `spanledger demo`, for `docs/cli.md`. Recorded with `COLUMNS=100`. */
export const RECORDED_OUTPUTS: Readonly<Record<string, string>> = {
  serve: `
spanledger ready http://127.0.0.1:4318
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318  # point any OpenTelemetry exporter here
  spanledger demo                                    # send a multi-agent run
  spanledger traces list                             # see what came in
`,
  migrate: `
applying migration 0001_foundation
applied 0001_foundation
`,
  demo: `
Sent trace 85bd3d49024ca432d8b764bfee913313

invoke_agent triage-lead  ✓ completed  21.5s  21s ago
  trace    85bd3d49024ca432d8b764bfee913313
  work     27 spans, 8 model calls, 13 tool calls, 1 error
  tokens   42.1k in / 1.7k out (11.4k cached, 4.1k written to cache, 826 reasoning)
  cost     $0.0530 (reported)
  …
`,
  doctor: `
ok    node            version 20.20.2
ok    settings        every flag and environment variable makes sense
ok    data directory  /srv/spanledger
ok    collector       answers at http://127.0.0.1:4318
ok    clock           agrees with the collector
ok    database        reachable and migrated
ok    round trip      a span was sent over OTLP and read back in 31ms
ok    OTLP over gRPC  served at http://127.0.0.1:4317
`,
  'traces list': `
TRACE                             AGE     NAME                     ERR   TIME      IN / OUT     COST
85bd3d49024ca432d8b764bfee913313  1m   ✓  invoke_agent triage-le…    1  21.5s  42.1k / 1.7k  $0.0530
762a8c216d057c779cf7facbe9caad7a  3m   ✓  invoke_agent triage-le…    1  17.6s  42.1k / 1.7k  $0.0530
89ab8efc6580af6c135c52f9cc6cfc2b  5m   ✓  invoke_agent triage-le…    1  28.8s  42.1k / 1.7k  $0.0530
`,
  'traces show': `
invoke_agent triage-lead  ✓ completed  21.5s  21s ago
  trace    85bd3d49024ca432d8b764bfee913313
  work     27 spans, 8 model calls, 13 tool calls, 1 error
  …

agent triage-lead                                                21.5s
├─ llm claude-sonnet-4-5-20250929                                 3.1s   4.8k in / 412 out   $0.0237
├─ embed text-embedding-3-small                                  142ms       38 in / – out  <$0.0001
├─ retrieval help-centre                                          88ms
├─ ✗ tool fetch_order {"order_id":"48213"}                        2.0s
│     TimeoutError: orders.internal did not answer within 2000 ms (attempt 1 of 3)
├─ tool fetch_order {"order_id":"48213"}                         318ms
│  └─ http GET /orders/{id}                                      296ms
├─ tool ask_researcher {"topic":"double charge within 24 hours…   8.1s
│  └─ agent researcher                                            8.0s
│     ├─ llm gpt-5-mini-2025-08-07                                1.7s   1.2k in / 274 out   $0.0008
│     ├─ tool fetch_page {"page":1,"query":"charged twice"}      212ms
│     ├─ tool fetch_page {"page":2,"query":"charged twice"}      188ms
│     ├─ × 7 more fetch_page, --all shows each                    1.2s
│     └─ llm gpt-5-mini-2025-08-07                                4.7s  18.5k in / 655 out   $0.0057
  …
`,
  'traces tail': `
05:38:06Z  ✓ completed  invoke_agent triage-le…    21.5s   $0.0530  85bd3d49024ca432d8b764bfee913313
05:38:28Z  ✓ completed  spanledger doctor            1ms            b5ef7f62ee823e2434ea3bcc29d161f5
`,
  'sessions list': `
SESSION        AGE  STATUS       TASK                          TRACES    TIME      IN / OUT     COST
support-48213  1m   ✓ completed  Order 48213 arrived with a…        2  1m 55s  84.2k / 3.5k  $0.1060
support-48214  4m   ✓ completed  Order 48213 arrived with a…        1   28.8s  42.1k / 1.7k  $0.0530
`,
  'sessions show': `
Order 48213 arrived with a cracked lid. I was charged twice…  ✓ completed  1m 55s  3m ago
  session  support-48213
  work     2 traces, 16 model calls, 26 tool calls, 2 errors
  tokens   84.2k in / 3.5k out (22.8k cached, 8.2k written to cache, 1.7k reasoning)
  cost     $0.1060 (reported)
  …

TRACE                             AGE     NAME                     ERR   TIME      IN / OUT     COST
762a8c216d057c779cf7facbe9caad7a  3m   ✓  invoke_agent triage-le…    1  17.6s  42.1k / 1.7k  $0.0530
85bd3d49024ca432d8b764bfee913313  1m   ✓  invoke_agent triage-le…    1  21.5s  42.1k / 1.7k  $0.0530

    AT  FROM  STEP                                                TIME              TOKENS      COST
  +0ms  span  agent triage-lead                                  17.6s
 +12ms  span  llm claude-sonnet-4-5-20250929                      2.6s   4.8k in / 412 out   $0.0237
  …
`,
  'executions list': `
EXECUTION                             AGE     AGENT        MODEL         TIME      IN / OUT     COST
641fdf3a-b28a-803a-adde-9b8ed17c1d11  1m   ✓  refunds      claude-hai…   3.0s    3.4k / 123  $0.0041
a3c6d9f4-e7bd-89b4-adf4-f6c7ecb5569c  1m   ✓  researcher   gpt-5-mini…   8.0s   19.7k / 929  $0.0065
0076239f-7b5d-8ab3-b580-8819c788c29d  1m   ✓  triage-lead  claude-son…  21.5s  42.1k / 1.7k  $0.0530
`,
  'executions show': `
refunds  ✓ completed  3.0s  1m ago
  execution  641fdf3a-b28a-803a-adde-9b8ed17c1d11
  trace      85bd3d49024ca432d8b764bfee913313
  work       2 model calls, 1 tool call
  tokens     3.4k in / 123 out
  cost       $0.0041 (reported)
  models     claude-haiku-4-5-20251001
  tools      issue_refund
  session    support-48213
  user       user-ines
  input      [{"role":"user","parts":[{"type":"text","content":"Refund the second charge of order 4…
  output     [{"role":"assistant","parts":[{"type":"text","content":"Refunded 39.90 EUR, reference…
`,
  'executions tree': `
AGENT          STATUS       MODEL                       TOOLS   TIME               TOKENS     COST
triage-lead    ✓ completed  claude-sonnet-4-5-20250929     13  21.5s  42.1k in / 1.7k out  $0.0530
├─ researcher  ✓ completed  gpt-5-mini-2025-08-07           9   8.0s   19.7k in / 929 out  $0.0065
└─ refunds     ✓ completed  claude-haiku-4-5-20251001       1   3.0s    3.4k in / 123 out  $0.0041
`,
  explain: `
chat acme-large-2  otel-genai
span fd82742bcb4b3e57 of trace 4644f904792db22354d54930a0ef87c7

Fields
FIELD                VALUE         DIALECT        FROM
type                 llm           otel-genai     gen_ai.operation.name
request_model        acme-large-2  otel-genai     gen_ai.request.model
input_tokens         12000         otel-genai     gen_ai.usage.input_tokens
cached_input_tokens  9000          otel-genai     gen_ai.usage.cache_read.input_tokens
…

Not used
KEY                    FOR             DIALECT        BECAUSE
llm.model_name         request_model   openinference  \`gen_ai.request.model\` is asked first

Not understood
  acme.region

Tokens
  as sent     12,000 in / 800 out (cache read 9,000, cache write –, reasoning –)
  cache       inside the input
  reasoning   inside the output
  understood  12,000 in / 800 out (cache read 9,000, cache write –, reasoning –)
  classes     uncached input 3,000, cache read 9,000, output 800
  counted     yes

Cost
  cost   $0.00355 (computed)
  price  project:373aeb79-c909-4419-9ff5-e0d6b8c697c9

TOKENS OF   COUNT  PER 1M      COST
input       3,000    $0.5   $0.0015
cache read  9,000   $0.05  $0.00045
output        800      $2   $0.0016

  1. model \`acme-large-2\`
  2. the project's price \`acme-*\` fits \`acme-large-2\`
`,
  issues: `
CODE                    SERVICE       SCOPE  COUNT  LAST  EXAMPLE
ATTRIBUTE_JSON_INVALID  support-desk  desk       1  now   gen_ai.input.messages: the JSON of \`gen_a…

ATTRIBUTE_JSON_INVALID: JSON that can not be read.
  If it ends in the middle, the sender cut it: raise or unset OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT …
`,
  where: `
The span did not come, though 3 spans of its trace name it as parent.

  trace      85bd3d49024ca432d8b764bfee913313
  span       00f067aa0ba902b7
  spans      26, received 6m ago to 6m ago
  services   triage, records
  children   3 spans
  retention  30 days

AGE  CODE                  SERVICE  TRACE                             MESSAGE
1m   TRACE_PARENT_MISSING  records  85bd3d49024ca432d8b764bfee913313  the parents of 3 spans never…

To check
  - See that the span ends: it is exported only then, so one of work that still runs is not here
    yet.
  …
`,
  'prices show': `
  model     us.anthropic.claude-sonnet-4-5-20250929-v1:0
  provider  aws.bedrock
  at        2026-11-21T15:41:39.363Z
  cost      $0.0231
  price     library:0.1.8:aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0

TOKENS OF    COUNT  PER 1M     COST
input        2,000    $3.3  $0.0066
cache read  10,000   $0.33  $0.0033
output         800   $16.5  $0.0132

  1. model \`us.anthropic.claude-sonnet-4-5-20250929-v1:0\`
  2. matched aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0
`,
  'prices list': `
PRICE                                 MODEL   PROVIDER  RATES
373aeb79-c909-4419-9ff5-e0d6b8c697c9  acme-*  any       in $0.5, cache read $0.05, out $2 per 1M
`,
  'prices set': `
  price     373aeb79-c909-4419-9ff5-e0d6b8c697c9
  model     acme-*
  provider  any
  rates     in $0.5, cache read $0.05, out $2 per 1M

It holds for calls of its time that come in from now on; prices recompute applies it to stored ones.
`,
  'prices rm': `
Deleted the price for acme-*.
`,
  'prices missing': `
MODEL         PROVIDER  REASON         CALLS     IN  OUT  LAST
acme-large-2  –         unknown_model      1  12.0k  800  1h

unknown_model: Add a price for it.
`,
  'prices recompute': `
2 traces and 28 spans and log records looked at, 1 span or log record in 1 trace would change.

Fields that would change, with one example of each
DIALECT     FIELD              TIMES  EXAMPLE BEFORE          AND AFTER
otel-genai  computed_cost_usd      1  null                    0.00355
otel-genai  price_ref              1  unpriced:unknown_model  project:373aeb79-c909-4419-9ff5-e0d6b…

Sums over 1 trace that changes
SUM     BEFORE     AFTER
cost  unpriced  $0.00355
Change this? [y/N] y
2 traces and 28 spans and log records looked at, 1 span or log record in 1 trace changed.
`,
  reproject: `
2 traces and 28 spans and log records looked at, nothing changed.
`,
  'retention show': `
  spans     30 days
  payloads  14 days
  records   365 days
`,
  'retention set': `
  spans     30 days
  payloads  7 days
  records   for ever
`,
  'retention run': `
Nothing has expired.
`,
  'config print': `
FLAG                    ENVIRONMENT                      VALUE            FROM
--host                  SPANLEDGER_HOST                  127.0.0.1        default
--port                  SPANLEDGER_PORT                  4800             --port
--data-dir              SPANLEDGER_DATA_DIR              /srv/spanledger  SPANLEDGER_DATA_DIR
--api-key               SPANLEDGER_API_KEY               (set)            SPANLEDGER_API_KEY
…
`,
  openapi: `
{
  "openapi": "3.1.0",
  "info": {
    "title": "Spanledger query API",
…
`,
};
