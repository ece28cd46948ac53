import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LANDING_STYLE_HASH, renderLandingPage } from '../../collector/api/landing-page.js';

const PAGE = {
  version: '1.0.0',
  endpoint: 'http://localhost:4318',
  grpcEndpoint: null,
  traces: [],
  notice: null,
};

describe('the landing page', () => {
  it('says where to send', () => {
    expect(renderLandingPage(PAGE)).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318');
  });

  it('names gRPC where that is on', () => {
    expect(renderLandingPage(PAGE)).not.toContain('gRPC');
    const html = renderLandingPage({ ...PAGE, grpcEndpoint: 'http://localhost:4317' });
    expect(html).toContain('ENDPOINT=http://localhost:4317\nOTEL_EXPORTER_OTLP_PROTOCOL=grpc');
  });

  it('writes what comes from outside as text', () => {
    const html = renderLandingPage({
      ...PAGE,
      endpoint: 'http://"><script>',
      grpcEndpoint: 'http://"><script>',
      notice: `<img src=x onerror='a&b'>`,
    });
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=&#39;a&amp;b&#39;&gt;');
  });

  it('uses the style sheet that the content security policy allows, and no script', () => {
    const html = renderLandingPage(PAGE);
    const style = /<style>([^]*)<\/style>/.exec(html)?.[1] ?? '';
    expect(LANDING_STYLE_HASH).toBe(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(html).not.toMatch(/<script|style="|\son\w+=|https?:\/\/(?!localhost)/);
  });
});
