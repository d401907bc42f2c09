import type uPlot from 'uplot';
import type { HistoryView } from '../view.js';
import { byId, h } from './dom.js';

/** uPlot's own file puts itself there; see http/files.ts. */
const loaded = () => globalThis as unknown as { uPlot: typeof uPlot };

const HEIGHT = 200;

/** Mean and slowest right answer of each bucket. One chart, kept, and given new data. */
export function createLatency(): (history: HistoryView | null) => void {
  const element = byId('latency');
  const empty = h('p', { class: 'empty' }, 'no right answer in this time yet');
  let chart: uPlot | null = null;

  const width = () => Math.max(200, element.clientWidth);
  const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function make(data: uPlot.AlignedData): uPlot {
    const axis = {
      stroke: style('--soft'),
      grid: { stroke: style('--line'), width: 1 },
      ticks: { stroke: style('--line') },
    };
    const value = (_: uPlot, ms: number | null) => (ms == null ? '–' : `${ms} ms`);
    const { uPlot: Chart } = loaded();
    return new Chart(
      {
        width: width(),
        height: HEIGHT,
        cursor: { y: false },
        scales: { y: { range: (_, _least, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [axis, { ...axis, size: 64, values: (_, splits) => splits.map((ms) => `${ms} ms`) }],
        series: [
          {},
          { label: 'mean', stroke: style('--good'), width: 2, value, points: { size: 4 } },
          {
            label: 'slowest',
            stroke: style('--idle'),
            width: 1,
            dash: [4, 3],
            value,
            points: { show: false },
          },
        ],
      },
      data,
      element,
    );
  }

  const redraw = () => {
    if (!chart) return;
    const { data } = chart;
    chart.destroy();
    chart = make(data);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  new ResizeObserver(() => chart?.setSize({ width: width(), height: HEIGHT })).observe(element);

  return (history) => {
    if (!history) return;
    const times = history.passed.map((_, at) => (history.fromWallMs + (at + 0.5) * history.bucketMs) / 1_000);
    const data: uPlot.AlignedData = [times, history.meanMs, history.maxMs];
    if (chart) chart.setData(data);
    else chart = make(data);
    if (history.meanMs.some((ms) => ms !== null)) empty.remove();
    else element.append(empty);
  };
}
