// What a probe is: one question with a bounded time to answer, asked again and again by the schedule.
//
// `{vip}` in a check's text is where the VIP goes, in brackets where an IPv6 address needs them. A check that mentions it
// is asked once per VIP; one that does not is asked once per service, and its verdict stands for all of its VIPs.
import type { Vip } from '@vipkeeper/core';
import type { ProbeResult } from './verdict.ts';

/** What a check asks. */
export type ProbeSettings =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly target: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] };

/** One question. Settles within `timeoutMs` and a little, never rejects. Aborting ends it early and frees all it holds. */
export type Probe = (timeoutMs: number, signal: AbortSignal) => Promise<ProbeResult>;

const PLACEHOLDER = '{vip}';

/** Whether this check is to be asked for each VIP. */
export function isPerVip(probe: ProbeSettings): boolean {
  switch (probe.kind) {
    case 'http':
      return probe.url.includes(PLACEHOLDER);
    case 'tcp':
      return probe.target.includes(PLACEHOLDER);
    case 'command':
      return probe.argv.some(word => word.includes(PLACEHOLDER));
  }
}

/** The check with the VIP filled in. */
export function filledIn(probe: ProbeSettings, vip: Vip): ProbeSettings {
  const bracketed = vip.includes(':') ? `[${vip}]` : vip;
  switch (probe.kind) {
    case 'http':
      return { ...probe, url: probe.url.replaceAll(PLACEHOLDER, bracketed) };
    case 'tcp':
      return { ...probe, target: probe.target.replaceAll(PLACEHOLDER, bracketed) };
    case 'command':
      return { ...probe, argv: probe.argv.map(word => word.replaceAll(PLACEHOLDER, vip)) };
  }
}
