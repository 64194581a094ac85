// Signs launches of a Mini App as Telegram does, and checks ours. Arguments: the token of the bot, then launches that
// are genuine; prints one that was signed here for each person below, as JSON.
import { sign, validate } from "@tma.js/init-data-node";

const [token, ...ours] = process.argv.slice(2);
for (const launch of ours) validate(launch, token, { expiresIn: 3600 });

const people = [
  { id: 1, first_name: "Ann" },
  { id: 2, first_name: "C++ 100%", last_name: "Боб & Söhne=1", username: "bob_1", language_code: "pt-br", is_premium: true },
  { id: 7000000000, first_name: "\u{1F98A} \"fox\"\\n", last_name: "<b>&amp;</b>+%2B", allows_write_to_pm: true },
];
const launches = [];
for (const user of people) launches.push(await sign({ user, query_id: "AAH+/=", start_param: "gift-7" }, token, new Date()));
console.log(JSON.stringify(launches));
