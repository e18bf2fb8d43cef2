import t from 'tap';
import { otherNames, settingNames } from '../src/config.ts';
import { nearest } from '../src/nearest.ts';

t.test('what was meant by a name that there is none of', async (t) => {
  const meant: Record<string, string | undefined> = {
    pagesize: 'page_size',
    'page-size': 'page_size',
    PageSize: 'page_size',
    pgae_size: 'page_size',
    per_page: 'page_size',
    startDate: 'start_date',
    start_data: 'start_date',
    since: 'start_date',
    api_key: 'secret_key',
    apikey: 'secret_key',
    secretkey: 'secret_key',
    sercet_key: 'secret_key',
    token: 'secret_key',
    lookback: 'lookback_window_days',
    concurency: 'concurrency',
    rpm: 'requests_per_minute',
    colour: undefined,
    x: undefined,
    '': undefined,
    '***': undefined,
    [`page_size${'x'.repeat(5000)}`]: 'page_size',
  };
  for (const [name, expected] of Object.entries(meant)) {
    t.equal(nearest(name, settingNames, otherNames), expected, name.slice(0, 20));
  }
});
