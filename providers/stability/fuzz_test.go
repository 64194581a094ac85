package stability

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// FuzzAnswer: whatever comes back becomes pictures to be looked at, or a failure of the closed set.
func FuzzAnswer(f *testing.F) {
	f.Add(uint8(0), "image/png", "SUCCESS", "\x89PNG")
	f.Add(uint8(0), "application/json", "", `{"image":"aGk=","finish_reason":"SUCCESS","seed":7}`)
	f.Add(uint8(0), "application/json; charset=x", "", `{"image":"aGk=","finish_reason":"CONTENT_FILTERED","seed":"x"}`)
	f.Add(uint8(0), "text/html", "CONTENT_FILTERED", "<html>")
	f.Add(uint8(1), "application/json", "", `{"name":"content_moderation","errors":["prompt: no"]}`)
	f.Add(uint8(3), "", "", `{"name":7,"errors":[null]}`)
	var status int
	var kind, finish, body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"], w.Header()["Finish-Reason"] = []string{kind}, []string{finish}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	f.Cleanup(srv.Close)
	p, err := New(Options{Key: "k", URL: srv.URL, Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	r := providertest.Request(p.Models()[0], providers.Generate)
	f.Fuzz(func(t *testing.T, which uint8, a, b, c string) {
		all := []int{200, 400, 401, 403, 404, 413, 429, 500, 503}
		status, kind, finish, body = all[int(which)%len(all)], a, b, c
		sub, err := p.Submit(t.Context(), r)
		if err != nil {
			_ = providertest.CheckError(t, err)
			return
		}
		for img, err := range sub.Images {
			if err != nil {
				_ = providertest.CheckError(t, err)
				break
			}
			if _, err := io.Copy(io.Discard, img.Body); err != nil {
				_ = providertest.CheckError(t, err)
			}
		}
	})
}
