// Command telego drives the server with the telego client and decodes every answer a
// second time, into telego's structs with unknown fields forbidden: what the server says
// must be what that client knows of the Bot API. The arguments are the server's address,
// the token, a chat that has started the bot, one that blocked it, a group that was
// upgraded, a group, and the ids of a callback query, a pre-checkout query and an inline
// query that wait for their answers.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/mymmrac/telego"
	"github.com/mymmrac/telego/telegoapi"
	tu "github.com/mymmrac/telego/telegoutil"
)

// results are the types of the answers that are more than true.
var results = map[string]func() any{
	"getMe": func() any { return new(telego.User) }, "getUpdates": func() any { return new([]telego.Update) },
	"getWebhookInfo": func() any { return new(telego.WebhookInfo) }, "getChat": func() any { return new(telego.ChatFullInfo) },
	"getFile": func() any { return new(telego.File) }, "getMyCommands": func() any { return new([]telego.BotCommand) },
	"getChatMember": func() any { return new(chatMember) }, "getChatAdministrators": func() any { return new([]chatMember) },
	"getChatMemberCount": func() any { return new(int) }, "getStarTransactions": func() any { return new(starTransactions) },
	"getMyStarBalance": func() any { return new(telego.StarAmount) }, "createInvoiceLink": func() any { return new(string) },
	"getUserProfilePhotos":            func() any { return new(telego.UserProfilePhotos) },
	"getMyDefaultAdministratorRights": func() any { return new(telego.ChatAdministratorRights) },
	"savePreparedInlineMessage":       func() any { return new(telego.PreparedInlineMessage) },
	"getMyName":                       func() any { return new(telego.BotName) },
	"getMyDescription":                func() any { return new(telego.BotDescription) },
	"sendMediaGroup":                  func() any { return new([]telego.Message) }, "copyMessages": func() any { return new([]telego.MessageID) },
	"forwardMessages": func() any { return new([]telego.MessageID) }, "copyMessage": func() any { return new(telego.MessageID) },
	"stopPoll": func() any { return new(telego.Poll) },
}

// chatMember is any of telego's kinds of members: an interface cannot be decoded
// strictly.
type chatMember struct {
	telego.ChatMemberAdministrator
	UntilDate *int64 `json:"until_date"`
}

// starTransactions has the partners spelled out for the same reason.
type starTransactions struct {
	Transactions []struct {
		telego.StarTransaction
		Source   *telego.TransactionPartnerUser `json:"source"`
		Receiver *telego.TransactionPartnerUser `json:"receiver"`
	} `json:"transactions"`
}

// strict is an API caller that holds every answer to its type.
type strict struct {
	next  telegoapi.Caller
	calls int
}

func (s *strict) Call(ctx context.Context, url string, data *telegoapi.RequestData) (*telegoapi.Response, error) {
	resp, err := s.next.Call(ctx, url, data)
	if err != nil || !resp.Ok {
		return resp, err
	}
	s.calls++
	method := path.Base(url)
	var into any = new(telego.Message)
	switch result := results[method]; {
	case result != nil:
		into = result()
	case string(resp.Result) == "true":
		return resp, nil
	}
	d := json.NewDecoder(bytes.NewReader(resp.Result))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		fail("%s answered what telego does not know: %v\n%s", method, err, resp.Result)
	}
	return resp, nil
}

func fail(format string, args ...any) {
	fmt.Printf(format+"\n", args...)
	os.Exit(1)
}

// must is the result of a call that has to succeed.
func must[T any](v T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return v
}

func done(err error) {
	if err != nil {
		fail("%v", err)
	}
}

// refused holds an error to be Telegram's, with this code and these words.
func refused(code int, words string, err error) *telegoapi.Error {
	var e *telegoapi.Error
	if !errors.As(err, &e) || e.ErrorCode != code || !strings.Contains(e.Description, words) {
		fail("got %v, want %d %s", err, code, words)
	}
	return e
}

func number(s string) int64 { return must(strconv.ParseInt(s, 10, 64)) }

type driver struct {
	ctx                   context.Context
	bot                   *telego.Bot
	ann, eve, old, group  telego.ChatID
	press, checkout, find string
}

func main() {
	a := os.Args[1:]
	caller := &strict{next: telegoapi.DefaultFastHTTPCaller}
	d := driver{
		ctx: context.Background(), bot: must(telego.NewBot(a[1], telego.WithAPIServer(a[0]), telego.WithAPICaller(caller), telego.WithDiscardLogger())),
		ann: tu.ID(number(a[2])), eve: tu.ID(number(a[3])), old: tu.ID(number(a[4])), group: tu.ID(number(a[5])),
		press: a[6], checkout: a[7], find: a[8],
	}
	d.updates()
	d.messages()
	d.media()
	d.money()
	d.inline()
	d.groups()
	d.profile()
	d.refusals()
	fmt.Println("done", caller.calls)
}

// updates reads what happened before: every kind of update there is.
func (d *driver) updates() {
	kinds := map[string]bool{}
	for _, u := range must(d.bot.GetUpdates(d.ctx, &telego.GetUpdatesParams{})) {
		switch {
		case u.CallbackQuery != nil:
			kinds["callback_query"] = true
		case u.PreCheckoutQuery != nil:
			kinds["pre_checkout_query"] = true
		case u.InlineQuery != nil:
			kinds["inline_query"] = true
		case u.MyChatMember != nil:
			kinds["my_chat_member"] = true
		case u.Message != nil:
			kinds["message"] = true
		case u.EditedMessage != nil:
			kinds["edited_message"] = true
		case u.PurchasedPaidMedia != nil:
			kinds["purchased_paid_media"] = true
		}
	}
	if len(kinds) != 7 {
		fail("the updates are only %v", kinds)
	}
}

func (d *driver) messages() {
	must(d.bot.GetMe(d.ctx))
	keys := tu.InlineKeyboard(tu.InlineKeyboardRow(tu.InlineKeyboardButton("Again").WithCallbackData("again")))
	m := must(d.bot.SendMessage(d.ctx, tu.Message(d.ann, "<b>Hi</b> &amp; bye").WithParseMode(telego.ModeHTML).WithReplyMarkup(keys)))
	if m.Text != "Hi & bye" || m.Entities[0].Type != "bold" || m.ReplyMarkup == nil {
		fail("sent %+v", m)
	}
	must(d.bot.SendMessage(d.ctx, tu.Message(d.ann, "a reply").WithReplyParameters(&telego.ReplyParameters{MessageID: m.MessageID})))
	must(d.bot.EditMessageText(d.ctx, &telego.EditMessageTextParams{ChatID: d.ann, MessageID: m.MessageID, Text: "Working", ReplyMarkup: keys}))
	must(d.bot.EditMessageReplyMarkup(d.ctx, &telego.EditMessageReplyMarkupParams{ChatID: d.ann, MessageID: m.MessageID}))
	done(d.bot.SendChatAction(d.ctx, &telego.SendChatActionParams{ChatID: d.ann, Action: "typing"}))
	must(d.bot.ForwardMessage(d.ctx, &telego.ForwardMessageParams{ChatID: d.ann, FromChatID: d.ann, MessageID: m.MessageID}))
	must(d.bot.CopyMessage(d.ctx, &telego.CopyMessageParams{ChatID: d.ann, FromChatID: d.ann, MessageID: m.MessageID}))
	done(d.bot.SetMessageReaction(d.ctx, &telego.SetMessageReactionParams{
		ChatID: d.ann, MessageID: m.MessageID, Reaction: []telego.ReactionType{&telego.ReactionTypeEmoji{Type: "emoji", Emoji: "🔥"}},
	}))
	done(d.bot.AnswerCallbackQuery(d.ctx, &telego.AnswerCallbackQueryParams{CallbackQueryID: d.press, Text: "Painting"}))
	done(d.bot.DeleteMessage(d.ctx, &telego.DeleteMessageParams{ChatID: d.ann, MessageID: m.MessageID}))
}

// picture is a PNG.
func picture() telego.InputFile {
	var b bytes.Buffer
	done(png.Encode(&b, image.NewGray(image.Rect(0, 0, 200, 100))))
	return tu.FileFromBytes(b.Bytes(), "fox.png")
}

func (d *driver) media() {
	photo := must(d.bot.SendPhoto(d.ctx, &telego.SendPhotoParams{ChatID: d.ann, Photo: picture(), Caption: "A fox", HasSpoiler: true}))
	id := photo.Photo[len(photo.Photo)-1].FileID
	must(d.bot.SendPhoto(d.ctx, &telego.SendPhotoParams{ChatID: d.ann, Photo: tu.FileFromID(id)}))
	must(d.bot.EditMessageCaption(d.ctx, &telego.EditMessageCaptionParams{ChatID: d.ann, MessageID: photo.MessageID, Caption: "Two foxes"}))
	must(d.bot.EditMessageMedia(d.ctx, &telego.EditMessageMediaParams{ChatID: d.ann, MessageID: photo.MessageID, Media: tu.MediaPhoto(picture())}))
	document := must(d.bot.SendDocument(d.ctx, &telego.SendDocumentParams{ChatID: d.ann, Document: picture()}))
	must(d.bot.GetFile(d.ctx, &telego.GetFileParams{FileID: document.Document.FileID}))
	album := must(d.bot.SendMediaGroup(d.ctx, &telego.SendMediaGroupParams{
		ChatID: d.ann, Media: []telego.InputMedia{tu.MediaPhoto(picture()), tu.MediaPhoto(tu.FileFromID(id))},
	}))
	if album[0].MediaGroupID == "" || album[0].MediaGroupID != album[1].MediaGroupID {
		fail("album %+v", album)
	}
	ids := []int{album[0].MessageID, album[1].MessageID}
	must(d.bot.CopyMessages(d.ctx, &telego.CopyMessagesParams{ChatID: d.ann, FromChatID: d.ann, MessageIDs: ids}))
	must(d.bot.ForwardMessages(d.ctx, &telego.ForwardMessagesParams{ChatID: d.ann, FromChatID: d.ann, MessageIDs: ids}))
	done(d.bot.DeleteMessages(d.ctx, &telego.DeleteMessagesParams{ChatID: d.ann, MessageIDs: ids}))
	must(d.bot.SendLocation(d.ctx, &telego.SendLocationParams{ChatID: d.ann, Latitude: 1.5, Longitude: 2}))
	must(d.bot.SendVenue(d.ctx, &telego.SendVenueParams{ChatID: d.ann, Latitude: 1.5, Longitude: 2, Title: "Gate", Address: "Square"}))
	must(d.bot.SendContact(d.ctx, &telego.SendContactParams{ChatID: d.ann, PhoneNumber: "+1", FirstName: "Fox"}))
	must(d.bot.SendDice(d.ctx, &telego.SendDiceParams{ChatID: d.ann}))
	must(d.bot.SendPaidMedia(d.ctx, &telego.SendPaidMediaParams{
		ChatID: d.ann, StarCount: 5, Media: []telego.InputPaidMedia{&telego.InputPaidMediaPhoto{Type: "photo", Media: tu.FileFromID(id)}},
	}))
}

func (d *driver) money() {
	prices := []telego.LabeledPrice{{Label: "Credits", Amount: 50}}
	in := must(d.bot.SendInvoice(d.ctx, &telego.SendInvoiceParams{
		ChatID: d.ann, Title: "Credits", Description: "A hundred", Payload: "order", Currency: "XTR", Prices: prices,
	}))
	if in.Invoice.TotalAmount != 50 || !in.ReplyMarkup.InlineKeyboard[0][0].Pay {
		fail("invoice %+v", in)
	}
	must(d.bot.CreateInvoiceLink(d.ctx, &telego.CreateInvoiceLinkParams{
		Title: "Credits", Description: "Monthly", Payload: "order", Currency: "XTR", Prices: prices, SubscriptionPeriod: 2_592_000,
	}))
	done(d.bot.AnswerPreCheckoutQuery(d.ctx, &telego.AnswerPreCheckoutQueryParams{PreCheckoutQueryID: d.checkout, Ok: true}))
	var paid *telego.SuccessfulPayment
	for _, u := range must(d.bot.GetUpdates(d.ctx, &telego.GetUpdatesParams{Offset: -1})) {
		paid = u.Message.SuccessfulPayment
	}
	if !paid.IsRecurring || !paid.IsFirstRecurring || paid.SubscriptionExpirationDate == 0 {
		fail("paid %+v", paid)
	}
	done(d.bot.EditUserStarSubscription(d.ctx, &telego.EditUserStarSubscriptionParams{
		UserID: d.ann.ID, TelegramPaymentChargeID: paid.TelegramPaymentChargeID, IsCanceled: true,
	}))
	refund := &telego.RefundStarPaymentParams{UserID: d.ann.ID, TelegramPaymentChargeID: paid.TelegramPaymentChargeID}
	done(d.bot.RefundStarPayment(d.ctx, refund))
	refused(400, "CHARGE_ALREADY_REFUNDED", d.bot.RefundStarPayment(d.ctx, refund))
	list := must(d.bot.GetStarTransactions(d.ctx, &telego.GetStarTransactionsParams{}))
	if n := len(list.Transactions); n != 3 || list.Transactions[n-1].Receiver == nil {
		fail("transactions %+v", list)
	}
	if b := must(d.bot.GetMyStarBalance(d.ctx)); b.Amount != 7 {
		fail("balance %+v", b)
	}
}

func (d *driver) inline() {
	article := tu.ResultArticle("a", "A fox", tu.TextMessage("fox"))
	done(d.bot.AnswerInlineQuery(d.ctx, &telego.AnswerInlineQueryParams{
		InlineQueryID: d.find, Results: []telego.InlineQueryResult{article}, IsPersonal: true,
		Button: &telego.InlineQueryResultsButton{Text: "More", StartParameter: "more"},
	}))
	must(d.bot.SavePreparedInlineMessage(d.ctx, &telego.SavePreparedInlineMessageParams{UserID: d.ann.ID, Result: article, AllowGroupChats: true}))
}

func (d *driver) groups() {
	must(d.bot.GetChat(d.ctx, &telego.GetChatParams{ChatID: d.group}))
	must(d.bot.GetChat(d.ctx, &telego.GetChatParams{ChatID: d.ann}))
	if m := must(d.bot.GetChatMember(d.ctx, &telego.GetChatMemberParams{ChatID: d.group, UserID: d.ann.ID})); m.MemberStatus() != "creator" {
		fail("Ann is %s", m.MemberStatus())
	}
	if list := must(d.bot.GetChatAdministrators(d.ctx, &telego.GetChatAdministratorsParams{ChatID: d.group})); len(list) != 2 {
		fail("administrators %+v", list)
	}
	must(d.bot.GetChatMemberCount(d.ctx, &telego.GetChatMemberCountParams{ChatID: d.group}))
	done(d.bot.LeaveChat(d.ctx, &telego.LeaveChatParams{ChatID: d.group}))
}

func (d *driver) profile() {
	commands := []telego.BotCommand{{Command: "start", Description: "Begin"}}
	done(d.bot.SetMyCommands(d.ctx, &telego.SetMyCommandsParams{Commands: commands, Scope: tuScope()}))
	must(d.bot.GetMyCommands(d.ctx, &telego.GetMyCommandsParams{Scope: tuScope()}))
	done(d.bot.SetMyName(d.ctx, &telego.SetMyNameParams{Name: "Fox"}))
	must(d.bot.GetMyName(d.ctx, &telego.GetMyNameParams{}))
	must(d.bot.GetMyDescription(d.ctx, &telego.GetMyDescriptionParams{}))
	done(d.bot.SetMyDefaultAdministratorRights(d.ctx, &telego.SetMyDefaultAdministratorRightsParams{
		Rights: &telego.ChatAdministratorRights{CanManageChat: true},
	}))
	must(d.bot.GetMyDefaultAdministratorRights(d.ctx, &telego.GetMyDefaultAdministratorRightsParams{}))
	must(d.bot.GetUserProfilePhotos(d.ctx, &telego.GetUserProfilePhotosParams{UserID: d.ann.ID}))
	must(d.bot.GetWebhookInfo(d.ctx))
}

func tuScope() telego.BotCommandScope {
	return &telego.BotCommandScopeAllPrivateChats{Type: telego.ScopeTypeAllPrivateChats}
}

func (d *driver) refusals() {
	say := func(chat telego.ChatID, text string) error {
		_, err := d.bot.SendMessage(d.ctx, tu.Message(chat, text))
		return err
	}
	refused(400, "message is too long", say(d.ann, strings.Repeat("x", 4097)))
	refused(400, "chat not found", say(tu.ID(3), "x"))
	refused(403, "bot was blocked by the user", say(d.eve, "x"))
	refused(403, "bot is not a member of the supergroup chat", say(d.group, "x"))
	if e := refused(400, "upgraded to a supergroup", say(d.old, "x")); e.Parameters.MigrateToChatID == 0 {
		fail("no migrate_to_chat_id in %v", e)
	}
	if e := refused(429, "Too Many Requests", say(d.ann, "flood")); e.Parameters.RetryAfter != 9 {
		fail("no retry_after in %v", e)
	}
	refused(400, "query is too old", d.bot.AnswerPreCheckoutQuery(d.ctx, &telego.AnswerPreCheckoutQueryParams{PreCheckoutQueryID: d.checkout, Ok: true}))
}
