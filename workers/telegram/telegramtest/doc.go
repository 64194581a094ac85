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
// (limits, markup, files, keyboards, callback queries, payments). Whatever Telegram
// silently ignores, although it is a programming error, is a [Violation]: an
// unknown parameter, a number sent as text inside JSON, two actions on one button,
// an upload that nothing refers to, a thumbnail Telegram would leave out. Violations
// are recorded, handed to
// [Options.OnViolation], and fail the test under [NewTest]. The call itself is then
// answered as Telegram would answer it. The few forgiven legacy parameters are
// listed in one place, legacyParams.
//
// Stateful. A message that was sent can be edited, deleted, answered, copied, pinned and
// reacted to, whatever its kind; an edit without a change is refused; people vote in
// polls, and the bot hears of it; a blocked bot gets 403; a callback query takes one
// answer and grows old; updates wait for 24 hours (queries: 150 seconds), are
// confirmed by offset or by a webhook's 2xx, and survive [Server.Save] and
// [Server.Load], because the fake stands for Telegram, which does not restart with
// the bot.
//
// It never dedupes. Telegram has no idempotency: a send repeated is a second
// message, and a checker that counts messages must be able to see it.
//
// It breaks on command. [Server.Fault] refuses, drops, delays, hangs or garbles
// calls, before or after their effect, and lets updates come twice, webhooks overtake
// one another, or the numbering of updates jump. [FaultKinds] describes what there is
// for people who choose, [Server.Faults] lists what is in force. [Server.Redeliver] and
// [Press.Again] repeat a chosen update; [Server.JumpUpdateIDs] restarts the numbering as
// Telegram does after a quiet week.
//
// # Transcripts
//
// [Server.Transcript] writes a chat down as text, and [Play] performs such a text again and
// holds the bot to it; [Rewrite] writes the bot's side anew. So a conversation held by hand
// in the playground is a test a minute later.
//
// # Money
//
// Only Stars are money here, and people have a balance of them: [PersonConfig.Stars].
// [Person.Pay] and [Person.PayLink] open a purchase; the bot has ten seconds by the
// server's clock to answer its pre-checkout query, else the purchase fails and nobody
// is charged ([PaymentError]). Links and forwarded invoices can be paid by many.
// Subscriptions renew when the clock passes their end, or at once by [Server.Renew].
// Every movement is a line of one ledger, which getStarTransactions pages through and
// getMyStarBalance sums up: payments, paid media, refunds, paid broadcasts, and what
// [Server.Chargeback] takes away. A refund or a chargeback ends its subscription.
//
// # Groups, inline mode and Mini Apps
//
// A [Group] has an owner, members, and the bot with a standing of its own: added,
// removed, promoted, hearing what its privacy mode allows. A basic group may become a
// supergroup, whose id the refusals of the old one tell. Inline mode is that of
// [Person.Inline] and [Person.Choose], in any chat, with or without the bot in it; it
// has to be turned on by [User.SupportsInlineQueries]. [Person.WebAppInitData] is what
// a Mini App gets, signed with the bot's token. The signature for third parties is
// missing: it takes a private key that only Telegram has.
//
// # Kinds of messages
//
// People send with [Person.Send], and with a method for each kind; what is unusual is
// said in [Outgoing] and [Media]. The bot's files come as uploads, file_ids or URLs.
// The server never goes out: a URL is read through [Options.Fetch], and refused without
// it. A [Message] has the fields that the Bot API shows, and behind them a few for
// observers only, which never reach the bot: reactions, reply keyboards, pins, who
// bought what.
//
// Texts may be plain with entities, HTML, MarkdownV2 or the old Markdown, and rich
// messages HTML or Markdown of their own; a draft shows for 30 seconds.
//
// # What it is not
//
// Files are kept as they came. Telegram would recompress a photo; here the largest size
// has the bytes of the upload (smaller sizes are scaled for real). Videos and sounds
// are not looked into: they last as long as the sender says, and a document stays a
// document. A file_id sends files of its own kind only, where Telegram would let some
// pass. Media in polls, answers to messages of other chats, channels, topics, stories
// of bots, gifts, games and business accounts are absent; absent.txt lists the methods
// that answer 404, as an unknown method does. What is served, and what it takes, is
// spec.txt in the words of the Bot API documentation.
//
// Most refusals are worded by the open source of the Bot API server. A few come from
// Telegram's closed servers, and where no word of theirs is known this server speaks for
// itself: limits of rich messages, drafts, stickers and paid media.
//
// # How it is built
//
// One mutex guards everything a [Server.Save] keeps (type world) and the observers'
// logs. Each method is a row in the handlers table and a function that reads typed
// parameters from a call and changes the world; it runs under the lock, so an
// effect is seen whole or not at all. Waiting (long polls, observers) happens
// outside the lock on a channel that is closed and replaced at every change. A call that
// needs a URL says so, the URL is read outside the lock, and the call begins again.
// All logs are bounded; when one is full its oldest entries go.
package telegramtest
