package openai

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// FuzzAnswer: whatever comes back becomes pictures to be looked at, never more than it holds, or a failure of the closed set.
func FuzzAnswer(f *testing.F) {
	f.Add(uint8(0), `{"data":[{"b64_json":"aGk="}],"output_format":"png","usage":{"input_tokens":9,"output_tokens":1e300}}`)
	f.Add(uint8(0), `{"data":[{"url":"http://169.254.169.254/x"},{"b64_json":"data:image/png;base64,aGk="}]}`)
	f.Add(uint8(0), `{"data":[{"b64_json":"!","respect_moderation":false}],"error":{"code":"moderation_blocked"}}`)
	f.Add(uint8(0), `{"data":null,"usage":[]}`)
	f.Add(uint8(1), `{"error":{"code":"content_policy_violation","message":"x"}}`)
	f.Add(uint8(4), `<html>`)
	var status int
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	f.Cleanup(srv.Close)
	p, err := New(Options{Dialect: OpenAI, Key: "k", URL: srv.URL, Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	r := providertest.Request(p.Models()[0], providers.Generate)
	f.Fuzz(func(t *testing.T, which uint8, said string) {
		all := []int{200, 400, 401, 429, 500, 503}
		status, body = all[int(which)%len(all)], said
		sub, err := p.Submit(t.Context(), r)
		if err != nil {
			_ = providertest.CheckError(t, err)
			return
		}
		if sub.Cost < -1 {
			t.Errorf("cost %d", sub.Cost)
		}
		for img, err := range sub.Images {
			if err != nil {
				_ = providertest.CheckError(t, err)
				break
			}
			if n, _ := io.Copy(io.Discard, img.Body); n > int64(len(said)) {
				t.Errorf("%d bytes of %d", n, len(said))
			}
		}
	})
}

// FuzzWords: whatever a model for words answers is one prompt, or a failure of the closed set.
func FuzzWords(f *testing.F) {
	f.Add(`{"choices":[{"message":{"content":"a red fox"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1e300}}`)
	f.Add(`{"choices":[{"message":{"content":["a"],"refusal":7},"finish_reason":"content_filter"}],"usage":{"cost":-1}}`)
	f.Add(`{"choices":[{"message":null}],"error":{"code":"moderation_blocked"}}`)
	f.Add(`{"choices":[],"error":"no"}`)
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	f.Cleanup(srv.Close)
	p, err := New(Options{Dialect: OpenAI, Key: "k", URL: srv.URL, Dir: f.TempDir(), Writer: miniWriter})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, said string) {
		body = said
		w, err := p.Write(t.Context(), improve("a fox"))
		if err != nil {
			_ = providertest.CheckError(t, err)
			return
		}
		if w.Text == "" || w.Text != strings.TrimSpace(w.Text) || w.Cost < -1 {
			t.Errorf("%+v", w)
		}
	})
}
