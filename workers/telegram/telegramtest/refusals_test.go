package telegramtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// rows is an inline keyboard of n buttons.
func rows(n int, data string) params {
	var keys [][]params
	for i := range n {
		keys = append(keys, []params{{"text": itoa(int64(i + 1)), "callback_data": data}})
	}
	return params{"inline_keyboard": keys}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	ann := s.Person(PersonConfig{})
	hers := ann.Start("").MessageID
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	eve := s.Person(PersonConfig{FirstName: "Eve"})
	eve.Start("")
	eve.Block()
	id := ann.ID()
	text := do(t, s, "sendMessage", params{"chat_id": id, "text": "hello"}).message(t).MessageID
	ct, body := form(t, map[string]string{"chat_id": itoa(id), "caption": "old"}, map[string][]byte{"photo": picture(t, 40, 30)})
	photo := post(t, s, "sendPhoto", ct, body).message(t)
	gone := do(t, s, "sendMessage", params{"chat_id": id, "text": "bye"}).message(t).MessageID
	do(t, s, "deleteMessage", params{"chat_id": id, "message_id": gone})

	const notModified = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
	const tooOld = "Bad Request: query is too old and response timeout expired or query ID is invalid"
	tests := []struct {
		method string
		p      params
		code   int
		want   string
	}{
		{"sendNothing", nil, 404, "Not Found: method not found"},
		{"sendMessage", params{"text": "x"}, 400, "Bad Request: chat_id is empty"},
		{"sendMessage", params{"chat_id": 1, "text": "x"}, 400, "Bad Request: chat not found"},
		{"sendMessage", params{"chat_id": "@nobody", "text": "x"}, 400, "Bad Request: chat not found"},
		{"sendMessage", params{"chat_id": bob.ID(), "text": "x"}, 403, "Forbidden: bot can't initiate conversation with a user"},
		{"sendMessage", params{"chat_id": eve.ID(), "text": "x"}, 403, "Forbidden: bot was blocked by the user"},
		{"sendChatAction", params{"chat_id": eve.ID(), "action": "typing"}, 403, "Forbidden: bot was blocked by the user"},
		{"sendMessage", params{"chat_id": id}, 400, "Bad Request: message text is empty"},
		{"sendMessage", params{"chat_id": id, "text": " \n "}, 400, "Bad Request: text must be non-empty"},
		{"sendMessage", params{"chat_id": id, "text": strings.Repeat("x", 4097)}, 400, "Bad Request: message is too long"},
		{"sendMessage", params{"chat_id": id, "text": strings.Repeat("🦊", 2049)}, 400, "Bad Request: message is too long"},
		{"sendMessage", params{"chat_id": id, "text": "<b>x", "parse_mode": "HTML"}, 400, `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"`},
		{"sendMessage", params{"chat_id": id, "text": "a <bad> b", "parse_mode": "HTML"}, 400, `Bad Request: can't parse entities: Unsupported start tag "bad" at byte offset 2`},
		{"sendMessage", params{"chat_id": id, "text": "x", "parse_mode": "BBCode"}, 400, "Bad Request: unsupported parse_mode"},
		{"sendMessage", params{"chat_id": id, "text": "x", "reply_parameters": params{"message_id": 999}}, 400, "Bad Request: message to be replied not found"},
		{"sendMessage", params{"chat_id": id, "text": "x", "reply_parameters": params{"message_id": gone}}, 400, "Bad Request: message to be replied not found"},
		{"sendMessage", params{"chat_id": id, "text": "x", "reply_markup": "{"}, 400, "Bad Request: can't parse reply keyboard markup JSON object"},
		{"sendMessage", params{"chat_id": id, "text": "x", "reply_markup": "[]"}, 400, "Bad Request: object expected as reply markup"},
		{"sendMessage", params{"chat_id": id, "text": "x", "reply_markup": rows(1, strings.Repeat("д", 33))}, 400, "Bad Request: BUTTON_DATA_INVALID"},
		{"sendMessage", params{"chat_id": id, "text": "x", "reply_markup": rows(1, "")}, 400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"},
		{"sendMessage", params{"chat_id": id, "text": "x", "reply_markup": rows(101, "d")}, 400, "Bad Request: reply markup is too long"},
		{"sendPhoto", params{"chat_id": id}, 400, "Bad Request: there is no photo in the request"},
		{"sendPhoto", params{"chat_id": id, "photo": "nonsense"}, 400, "Bad Request: wrong file identifier/HTTP URL specified"},
		{"sendPhoto", params{"chat_id": id, "photo": "attach://gone"}, 400, "Bad Request: wrong file identifier/HTTP URL specified"},
		{"sendPhoto", params{"chat_id": id, "photo": photo.FileIDs()[0], "caption": strings.Repeat("x", 1025)}, 400, "Bad Request: message caption is too long"},
		{"sendDocument", params{"chat_id": id, "document": photo.FileIDs()[0]}, 400, "Bad Request: can't use file of type Photo as Document"},
		{"sendDocument", params{"chat_id": id}, 400, "Bad Request: there is no document in the request"},
		{"sendMediaGroup", params{"chat_id": id, "media": []params{}}, 400, "Bad Request: too few messages to send as an album"},
		{"sendMediaGroup", params{"chat_id": id, "media": make([]params, 11)}, 400, "Bad Request: too many messages to send as an album"},
		{"sendMediaGroup", params{"chat_id": id, "media": []params{{"type": "photo", "media": "a"}, {"type": "document", "media": "b"}}}, 400, "Bad Request: document can't be mixed with other media types"},
		{"sendChatAction", params{"chat_id": id, "action": "dancing"}, 400, "Bad Request: wrong parameter action in request"},
		{"editMessageText", params{"chat_id": id, "text": "x"}, 400, "Bad Request: message identifier is not specified"},
		{"editMessageText", params{"chat_id": id, "message_id": 999, "text": "x"}, 400, "Bad Request: message to edit not found"},
		{"editMessageText", params{"chat_id": id, "message_id": gone, "text": "x"}, 400, "Bad Request: message to edit not found"},
		{"editMessageText", params{"chat_id": id, "message_id": hers, "text": "x"}, 400, "Bad Request: message can't be edited"},
		{"editMessageText", params{"chat_id": id, "message_id": text, "text": "hello"}, 400, notModified},
		{"editMessageText", params{"chat_id": id, "message_id": photo.MessageID, "text": "x"}, 400, "Bad Request: there is no text in the message to edit"},
		{"editMessageCaption", params{"chat_id": id, "message_id": text, "caption": "x"}, 400, "Bad Request: there is no caption in the message to edit"},
		{"editMessageCaption", params{"chat_id": id, "message_id": photo.MessageID, "caption": "old"}, 400, notModified},
		{"editMessageReplyMarkup", params{"chat_id": id, "message_id": text}, 400, notModified},
		{"editMessageMedia", params{"chat_id": id, "message_id": text}, 400, `Bad Request: parameter "media" is required`},
		{"deleteMessage", params{"chat_id": id, "message_id": gone}, 400, "Bad Request: message to delete not found"},
		{"deleteMessages", params{"chat_id": id, "message_ids": []int{}}, 400, "Bad Request: message identifiers are not specified"},
		{"answerCallbackQuery", params{"callback_query_id": "1"}, 400, tooOld},
		{"answerCallbackQuery", params{"callback_query_id": "1", "text": strings.Repeat("x", 201)}, 400, "Bad Request: MESSAGE_TOO_LONG"},
		{"copyMessage", params{"chat_id": id, "from_chat_id": id, "message_id": gone}, 400, "Bad Request: message to copy not found"},
		{"copyMessage", params{"chat_id": id, "message_id": text}, 400, "Bad Request: from_chat_id is empty"},
		{"copyMessages", params{"chat_id": id, "from_chat_id": id, "message_ids": []int{2, 1}}, 400, "Bad Request: message identifiers must be in a strictly increasing order"},
		{"forwardMessage", params{"chat_id": id, "from_chat_id": id, "message_id": gone}, 400, "Bad Request: message to forward not found"},
		{"getFile", params{}, 400, "Bad Request: file_id not specified"},
		{"getFile", params{"file_id": "nonsense"}, 400, "Bad Request: invalid file_id"},
		{"getChat", params{"chat_id": 5}, 400, "Bad Request: chat not found"},
		{"setMessageReaction", params{"chat_id": id, "message_id": gone}, 400, "Bad Request: message to react not found"},
		{"setMyCommands", params{"commands": []params{{"command": "Start", "description": "x"}}}, 400, "Bad Request: BOT_COMMAND_INVALID"},
		{"setMyCommands", params{"commands": []params{{"command": "start", "description": ""}}}, 400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"},
		{"setWebhook", params{"url": "http://example.com/hook"}, 400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"},
		{"setWebhook", params{"url": "https://example.com:9000/hook"}, 400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"},
		{"setWebhook", params{"url": "https://example.com", "secret_token": "a b"}, 400, "Bad Request: secret token contains unallowed characters"},
		{"answerPreCheckoutQuery", params{"pre_checkout_query_id": "1", "ok": true}, 400, tooOld},
		{"refundStarPayment", params{"user_id": id, "telegram_payment_charge_id": "x"}, 400, "Bad Request: CHARGE_NOT_FOUND"},
	}
	before := len(ann.Messages())
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.want, func(t *testing.T) {
			a := do(t, s, tt.method, tt.p)
			if a.OK || a.Code != tt.code || a.status != tt.code || a.Description != tt.want {
				t.Errorf("%s answered %d %q, want %d %q", tt.method, a.Code, a.Description, tt.code, tt.want)
			}
		})
	}
	if n := len(ann.Messages()); n != before {
		t.Errorf("refused calls left %d messages behind", n-before)
	}
}

func TestInvoiceRefusals(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	good := func() params {
		return params{
			"chat_id": ann.ID(), "title": "100 credits", "description": "A hundred credits", "payload": "order-1",
			"currency": "XTR", "prices": []params{{"label": "100 credits", "amount": 50}},
		}
	}
	for _, tt := range []struct {
		name  string
		value any
		want  string
	}{
		{"title", strings.Repeat("x", 33), "INVOICE_TITLE_INVALID"},
		{"description", "", "INVOICE_DESCRIPTION_INVALID"},
		{"payload", strings.Repeat("x", 129), "INVOICE_PAYLOAD_INVALID"},
		{"currency", "EUR", "CURRENCY_INVALID"},
		{"provider_token", "stripe", "PAYMENT_PROVIDER_INVALID"},
		{"prices", []params{{"label": "a", "amount": 1}, {"label": "b", "amount": 2}}, "STARS_INVOICE_INVALID"},
		{"prices", []params{{"label": "a", "amount": 0}}, "CURRENCY_TOTAL_AMOUNT_INVALID"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			p := good()
			p[tt.name] = tt.value
			if a := do(t, s, "sendInvoice", p); a.Description != "Bad Request: "+tt.want {
				t.Errorf("sendInvoice answered %q, want %q", a.Description, tt.want)
			}
		})
	}
	if a := do(t, s, "sendInvoice", good()); !a.OK {
		t.Errorf("a good invoice was refused: %s", a.Description)
	}
}

func TestUploadLimits(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	chat := map[string]string{"chat_id": itoa(ann.ID())}
	noise := append(picture(t, 10, 10), make([]byte, maxPhoto)...)
	for _, tt := range []struct {
		method, part string
		content      []byte
		want         string
	}{
		{"sendPhoto", "photo", nil, "Bad Request: file must be non-empty"},
		{"sendPhoto", "photo", []byte("no picture"), "Bad Request: IMAGE_PROCESS_FAILED"},
		{"sendPhoto", "photo", picture(t, 2100, 100), "Bad Request: PHOTO_INVALID_DIMENSIONS"},
		{"sendPhoto", "photo", picture(t, 9950, 600), "Bad Request: PHOTO_INVALID_DIMENSIONS"},
		{"sendPhoto", "photo", noise, fmt.Sprintf("Bad Request: file of size %d bytes is too big for a photo; the maximum size is 10485760 bytes", len(noise))},
		{"sendDocument", "document", nil, "Bad Request: file must be non-empty"},
		{"sendDocument", "document", make([]byte, maxUpload+1), "Request Entity Too Large"},
		{"sendDocument", "document", noise, ""},
		{"sendPhoto", "photo", picture(t, 2000, 100), ""},
	} {
		ct, body := form(t, chat, map[string][]byte{tt.part: tt.content})
		if a := post(t, s, tt.method, ct, body); a.Description != tt.want {
			t.Errorf("%s of %d bytes answered %q, want %q", tt.method, len(tt.content), a.Description, tt.want)
		}
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s := NewTest(r)
	defer s.Close()
	ann := s.Person(PersonConfig{})
	ann.Start("")
	id := ann.ID()
	for _, tt := range []struct {
		name   string
		method string
		p      params
		want   string
	}{
		{"misspelt parameter", "sendMessage", params{"chat_id": id, "text": "x", "parse_mod": "HTML"}, `unknown parameter "parse_mod"`},
		{"broken Boolean", "sendMessage", params{"chat_id": id, "text": "x", "protect_content": "yes"}, "protect_content is not of type Boolean"},
		{"broken Integer", "getUpdates", params{"limit": "ten"}, "limit is not of type Integer"},
		{"chat_id", "sendMessage", params{"chat_id": "ann", "text": "x"}, "chat_id is neither a number nor an @username"},
		{"number as text", "sendMessage", params{"chat_id": id, "text": "x", "reply_parameters": params{"message_id": "1"}}, "reply_parameters.message_id is not of type Integer"},
		{"empty markup", "editMessageReplyMarkup", params{"chat_id": id, "message_id": 1, "reply_markup": params{}}, `reply_markup lacks "inline_keyboard"`},
		{"unknown field", "sendMessage", params{"chat_id": id, "text": "x", "reply_markup": params{"inline_keyboard": [][]params{{{"text": "a", "callback_data": "b", "unique": "c"}}}}}, `reply_markup.inline_keyboard[0][0] has an unknown field "unique"`},
		{"two actions", "sendMessage", params{"chat_id": id, "text": "x", "reply_markup": params{"inline_keyboard": [][]params{{{"text": "a", "callback_data": "b", "switch_inline_query_current_chat": ""}}}}}, `the button "a" has 2 actions; Telegram takes one of them`},
		{"ids as text", "deleteMessages", params{"chat_id": id, "message_ids": []string{"7"}}, "message_ids[0] is not of type Integer"},
		{"reaction", "setMessageReaction", params{"chat_id": id, "message_id": 1, "reaction": []params{{"type": "emoji"}}}, `reaction[0] lacks "emoji"`},
	} {
		do(t, s, tt.method, tt.p)
		if len(r.errors) != 1 || r.errors[0] != "telegramtest: "+tt.method+": "+tt.want {
			t.Errorf("%s: the test heard %q, want %q once", tt.name, r.errors, tt.want)
		}
		r.errors = nil
	}
	ct, body := form(t, map[string]string{"chat_id": itoa(id), "text": "x"}, map[string][]byte{"extra": []byte("x")})
	post(t, s, "sendMessage", ct, body)
	if want := `telegramtest: sendMessage: nothing refers to the uploaded part "extra"`; len(r.errors) != 1 || r.errors[0] != want {
		t.Errorf("an unused part: the test heard %q, want %q", r.errors, want)
	}
	if len(s.Violations()) == 0 {
		t.Error("violations were not recorded")
	}
}

func TestLegacyParametersPass(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := do(t, s, "sendMessage", params{
		"chat_id": ann.ID(), "text": "x", "reply_to_message_id": 1, "allow_sending_without_reply": true, "disable_web_page_preview": true,
	}).message(t)
	if m.ReplyToMessage == nil || m.ReplyToMessage.MessageID != 1 {
		t.Errorf("reply_to_message_id was ignored: %+v", m)
	}
}

// TestEncodings sends the same call in every form the Bot API takes.
func TestEncodings(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	id := itoa(ann.ID())
	ct, multi := form(t, map[string]string{"chat_id": id, "text": "hello"}, nil)
	for _, tt := range []struct{ name, method, contentType, body string }{
		{"query", "sendMessage?text=hello&chat_id=" + id, "", ""},
		{"lower case", "sendmessage?text=hello&chat_id=" + id, "", ""},
		{"form", "sendMessage", "application/x-www-form-urlencoded", "text=hello&chat_id=" + id},
		{"native JSON", "sendMessage", "application/json", `{"text":"hello","protect_content":false,"parse_mode":null,"chat_id":` + id + `}`},
		{"text JSON", "SENDMESSAGE", "application/json; charset=utf-8", `{"text":"hello","protect_content":"false","chat_id":"` + id + `"}`},
		{"multipart", "sendMessage", ct, readAll(t, multi)},
	} {
		if m := post(t, s, tt.method, tt.contentType, strings.NewReader(tt.body)).message(t); m.Text != "hello" {
			t.Errorf("%s: sent %q", tt.name, m.Text)
		}
	}
	for _, body := range []string{"null", "", "{}"} {
		var me User
		if post(t, s, "getMe", "application/json", strings.NewReader(body)).into(t, &me); me.ID != s.Bot().ID {
			t.Errorf("getMe with body %q: %+v", body, me)
		}
	}
}

func readAll(t *testing.T, r interface{ Read([]byte) (int, error) }) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTokenAndPath(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	for path, want := range map[string]int{
		"/bot1:wrong/getMe": 401, "/getMe": 404, "/bot" + s.Token(): 404, "/file/bot" + s.Token() + "/photos/none.jpg": 404,
		"/bot" + s.Token() + "/getMe": 200,
	} {
		resp := get(t, s.URL()+path)
		var a answer
		if err := json.Unmarshal(resp.body, &a); err != nil || resp.code != want {
			t.Errorf("%s answered %d %s, want %d and JSON", path, resp.code, resp.body, want)
		}
	}
}
