import { notifierContract } from '../contract/notifier.js';
import { httpFarEnd } from './far-server.js';
import { make, SERVICES } from './services.js';

/** Every hosted service: the contract, and the exact shape of its wire. */
for (const [type, { config, accepts, path, headers = {}, body }] of Object.entries(SERVICES)) {
  notifierContract(type, async () => {
    const [status, answer] = accepts;
    const { server, taken, far } = await httpFarEnd(status, () => answer);
    return {
      notifier: make(config(server.url)),
      far,
      refuses: true,
      shape: {
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.parse(JSON.stringify(body).replaceAll('SERVER', server.url)),
      },
      taken: () =>
        taken.map(({ method, path, headers: sent, body }) => ({
          method,
          path,
          headers: Object.fromEntries(
            ['content-type', ...Object.keys(headers)].map((name) => [name, sent[name]]),
          ),
          body: JSON.parse(body),
        })),
      close: () => server.close(),
    };
  });
}
