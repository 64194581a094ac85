// Package telegramtest is a strict, stateful stand-in for the Telegram Bot API.
//
// It is a real little HTTP server: a bot talks to it exactly as it would talk to
// https://api.telegram.org, and people are driven from Go. It serves the tests of
// this repository, the browser playground, and anybody else's bot.
//
//	tg := telegramtest.NewTest(t)                 // 127.0.0.1:0, closed at cleanup
//	bot := startMyBot(tg.URL(), tg.Token())
//	ann := tg.Person(telegramtest.PersonConfig{FirstName: "Ann"})
//	ann.Start("")
//	menu := tg.WaitMessage(t, ann, func(m telegramtest.Message) bool { return m.ReplyMarkup != nil })
//	press, err := ann.Press(menu.MessageID, "Buy")
//
// # What it promises
//
// Strict. Whatever Telegram refuses is refused with Telegram's code and words
// (limits, HTML, files, keyboards, callback queries, payments). Whatever Telegram
// silently ignores, although it is a programming error, is a [Violation]: an
// unknown parameter, a number sent as text inside JSON, two actions on one button,
// an upload that nothing refers to. Violations are recorded, handed to
// [Options.OnViolation], and fail the test under [NewTest]. The call itself is then
// answered as Telegram would answer it. The few forgiven legacy parameters are
// listed in one place, legacyParams.
//
// Stateful. A message that was sent can be edited, deleted, answered and copied; an
// edit without a change is refused; a blocked bot gets 403; a callback query takes
// one answer and grows old; updates wait for 24 hours (queries: 150 seconds), are
// confirmed by offset or by a webhook's 2xx, and survive [Server.Save] and
// [Server.Load], because the fake stands for Telegram, which does not restart with
// the bot.
//
// It never dedupes. Telegram has no idempotency: a send repeated is a second
// message, and a checker that counts messages must be able to see it.
//
// It breaks on command. [Server.Fault] refuses, drops, delays, hangs or garbles
// calls, before or after their effect; [Server.Redeliver] and [Press.Again] repeat
// updates; [Server.JumpUpdateIDs] restarts the numbering as Telegram does after a
// quiet week.
//
// # What it is not
//
// Pictures are kept as they came: Telegram would recompress a photo, here the
// largest size has the bytes of the upload (smaller sizes are scaled for real). Of
// the parse modes only HTML is spoken; Markdown is refused and recorded. Channels,
// topics, inline mode, stickers sent by bots, polls and video are absent: their
// methods answer 404 as an unknown method does. The table of what is served is
// spec.txt, in the words of the Bot API documentation.
//
// # How it is built
//
// One mutex guards everything a [Server.Save] keeps (type world) and the observers'
// logs. Each method is a row in the handlers table and a function that reads typed
// parameters from a call and changes the world; it runs under the lock, so an
// effect is seen whole or not at all. Waiting (long polls, observers) happens
// outside the lock on a channel that is closed and replaced at every change.
// All logs are bounded; when one is full its oldest entries go.
package telegramtest
