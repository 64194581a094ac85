package bot

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	type want struct {
		Chat    int64
		Kind    string
		Payment bool
	}
	for _, tt := range []struct {
		name, raw string
		want      want
	}{
		{"message", `{"update_id":1,"message":{"chat":{"id":-5},"from":{"id":7},"date":3}}`, want{-5, kindMessage, false}},
		{"edit", `{"update_id":1,"edited_message":{"chat":{"id":-5},"from":{"id":7}}}`, want{-5, kindEdited, false}},
		{"button in a chat", `{"update_id":1,"callback_query":{"id":"1","from":{"id":7},"message":{"chat":{"id":-5}}}}`, want{-5, kindCallback, false}},
		{"button of an inline message", `{"update_id":1,"callback_query":{"id":"1","from":{"id":7},"inline_message_id":"x"}}`, want{7, kindCallback, false}},
		{"blocked", `{"update_id":1,"my_chat_member":{"chat":{"id":8},"from":{"id":7}}}`, want{8, kindMember, false}},
		{"pre-checkout", `{"update_id":1,"pre_checkout_query":{"id":"1","from":{"id":7}}}`, want{7, kindPreCheckout, true}},
		{"payment", `{"update_id":1,"message":{"chat":{"id":7},"successful_payment":{}}}`, want{7, kindPayment, true}},
		{"refund", `{"update_id":1,"message":{"chat":{"id":7},"refunded_payment":{}}}`, want{7, kindPayment, true}},
		{"no payment", `{"update_id":1,"message":{"chat":{"id":7},"successful_payment":null}}`, want{7, kindMessage, false}},
		{"a payment replied to", `{"update_id":1,"message":{"chat":{"id":7},"reply_to_message":{"successful_payment":{}}}}`, want{7, kindMessage, false}},
		{"inline query", `{"update_id":1,"inline_query":{"id":"1","from":{"id":7},"query":"fox"}}`, want{7 + inlineLane, kindInline, false}},
		{"reaction", `{"update_id":1,"message_reaction":{"chat":{"id":8},"user":{"id":7}}}`, want{8, kindReaction, false}},
		{"a kind not asked for", `{"update_id":1,"chosen_inline_result":{"result_id":"1","from":{"id":7}}}`, want{7, kindOther, false}},
		{"a kind of the future", `{"update_id":1,"telepathy":{"mind":{"id":7}}}`, want{0, kindOther, false}},
		{"an odd field", `{"update_id":1,"message":{"date":"soon","chat":{"id":7}}}`, want{7, kindMessage, false}},
		{"nothing", `{"update_id":1}`, want{0, kindOther, false}},
	} {
		u, ok := classify(70, []byte(tt.raw))
		if !ok || u.UpdateID != 1 || u.Bot != 70 || string(u.Raw) != tt.raw {
			t.Errorf("%s: %+v, %v", tt.name, u, ok)
		}
		if diff := cmp.Diff(tt.want, want{u.Chat, u.kind, u.Payment}); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte(message(1)))
	f.Add([]byte(`{"update_id":0,"message":[]}`))
	f.Add([]byte(`{"update_id":1e30}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if u, ok := classify(1, raw); ok != (u.UpdateID != 0) {
			t.Errorf("%q: %+v, %v", raw, u, ok)
		}
	})
}
