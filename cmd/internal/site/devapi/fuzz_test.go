package devapi

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// asked holds what was understood of a request against what may be asked for.
func asked(t *testing.T, q request, c caller, err error) {
	t.Helper()
	var wish workers.Wish
	if err == nil {
		wish, err = q.wish(httptest.NewRequestWithContext(t.Context(), "POST", "/", nil), c)
	}
	if err != nil {
		if f, ok := errors.AsType[failure](err); !ok || f.status/100 != 4 || f.Message == "" {
			t.Errorf("refused with %v", err)
		}
		return
	}
	if wish.Webhook != "" {
		if u, err := url.Parse(wish.Webhook); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			t.Errorf("would tell %q", wish.Webhook)
		}
	}
	if wish.Token != c.token.ID || wish.Origin != storage.OriginAPI || strings.TrimSpace(wish.Prompt) == "" || wish.Width < 0 || wish.Width > 99999 || wish.Height > 99999 {
		t.Errorf("asks for %+v", wish)
	}
	if len(wish.References) > maxPictures {
		t.Errorf("%d pictures", len(wish.References))
	}
}

// FuzzJSON: what programs post is understood as what they may ask for, or refused in their terms.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"prompt":"a fox","model":"quick","n":2,"size":"1024x768","quality":"hd","response_format":"b64_json"}`,
		`{"prompt":"a fox","webhook_url":"https://example.org/x?y=1","async":true,"seed":-1}`,
		`{"prompt":"a","webhook_url":"https://a:b@169.254.169.254/"}`, `{"prompt":"a","size":"16:9","style":"vivid","negative_prompt":"b"}`,
		`{"prompt":"a","n":null,"size":"00000x99999"}`, `{"Prompt":"a","PROMPT":"b"}`, `{"prompt":"a","n":1e400}`, `[]`, `"`, `{"prompt":{"a":[[[[]]]]}}`,
	} {
		f.Add(s)
	}
	a, c := newAPI(&studio{view: done()}, 1000), caller{token: storage.Token{ID: "t"}}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/images/generations", strings.NewReader(body))
		q, err := a.readJSON(httptest.NewRecorder(), r)
		asked(t, q, c, err)
	})
}

// FuzzForm: the same of forms, whatever their parts are.
func FuzzForm(f *testing.F) {
	part := func(head, body string) string {
		return "--b\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + body + "\r\n"
	}
	for _, s := range []string{
		part(`name="prompt"`, "a fox") + part(`name="image[]"; filename="a.png"`, "png") + "--b--\r\n",
		part(`name="prompt"`, "a") + part(`name="image"; filename="../../etc/passwd"`, "") + part(`name="n"`, "2") + "--b--",
		part(`name="mask"`, "x"), part(`name="n"`, `{"a":1}`), part(`name=`, ""), part(`name="image"`, strings.Repeat("x", 100)) + "--b", "--b--", "", "--b\r\n\r\n--b--",
		strings.Repeat(part(`name="image[]"`, "x"), maxPictures+1) + "--b--",
	} {
		f.Add("multipart/form-data; boundary=b", s)
	}
	f.Add("multipart/form-data; boundary=", "")
	f.Add("multipart/mixed; boundary=b", "--b--")
	a, c := newAPI(&studio{view: done()}, 1000), caller{token: storage.Token{ID: "t"}}
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/images/edits", strings.NewReader(body))
		r.Header["Content-Type"] = []string{kind}
		q, err := a.readForm(httptest.NewRecorder(), r)
		asked(t, q, c, err)
		if err == nil && len(q.images) == 0 {
			t.Error("an edit of nothing")
		}
	})
}
