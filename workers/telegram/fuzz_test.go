package telegram

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// FuzzAnswer: whatever answers in Telegram's place, a call ends in one of the classes. The error holds no token, and a send is taken for
// failed only by an answer that says so.
func FuzzAnswer(f *testing.F) {
	const token = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx"
	for _, s := range []string{
		`{"ok":true,"result":{"message_id":7}}`, `{"ok":true,"result":[]}`, `{"ok":true}`, `{"ok":false,"error_code":429,"parameters":{"retry_after":-9}}`,
		`{"ok":false,"error_code":400,"description":"Bad Request: chat not found","parameters":{"migrate_to_chat_id":-100}}`, `<html>`, ``, `{"ok":false}`,
		`{"ok":false,"error_code":400,"description":"/bot` + token + `/ \"quoted words\""}`, `{"ok":true,"result":{"message_id":"7"}}`, `null`,
	} {
		f.Add("sendMessage", 200, s)
		f.Add("getFile", 504, s)
	}
	c, err := New(Config{Token: token})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method string, status int, body string) {
		var sent struct {
			ID int64 `json:"message_id"`
		}
		e := c.outcome(method, reply{status: status, body: []byte(body), written: true}, &sent)
		if e == nil {
			return
		}
		if e.Class == "" || e.RetryAfter < 0 || e.RetryAfter > 24*time.Hour || strings.Contains(e.Error(), token[7:]) || strings.Contains(e.Description, token[7:]) {
			t.Errorf("%#v: %v", e, e)
		}
		if !json.Valid([]byte(body)) && status == 200 && sends(method) && e.Class != Uncertain {
			t.Errorf("%s answered with %q is %s", method, body, e.Class)
		}
	})
}

// FuzzContent: what an update says of a message's content can be read, or not, and what is passed on names a file or says words.
func FuzzContent(f *testing.F) {
	for _, s := range []string{
		`{"message":{"text":"a","entities":[{"type":"bold","offset":0,"length":1}]}}`, `{"edited_message":{"photo":[{"file_id":"x","width":1,"height":1},null]}}`,
		`{"message":{"photo":[]}}`, `{"message":{"caption":"x","video":{}}}`, `{"message":7}`, `[]`, `{"message":{"live_photo":{"photo":[]}}}`, `{"message":{"text":"\ud800"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseContent(raw)
		if err != nil {
			if len(err.Error()) > 300 {
				t.Errorf("an error of %d characters tells what somebody wrote: %v", len(err.Error()), err)
			}
			return
		}
		if i, ok := c.input(); ok && (i.Type == "" || i.Media == "") {
			t.Errorf("%+v", i)
		}
	})
}
