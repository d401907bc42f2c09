export interface Metric {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  values: { labels?: { [label: string]: string }; value: number }[];
}

const PREFIX = 'ninelives_';

/** Prometheus' text format 0.0.4. A metric without a value is left out as a whole. */
export function metricsText(metrics: Metric[]): string {
  return metrics
    .filter(({ values }) => values.length > 0)
    .map(({ name, type, help, values }) => {
      const full = PREFIX + name;
      const lines = values.map(({ labels = {}, value }) => `${full}${labelsText(labels)} ${value}`);
      return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines, ''].join('\n');
    })
    .join('');
}

function labelsText(labels: { [label: string]: string }): string {
  const inner = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return inner.length > 0 ? `{${inner.join(',')}}` : '';
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
