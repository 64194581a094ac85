package bfl_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/imagika/imagika/providers/bfl"
	"github.com/imagika/imagika/providers/providertest"
)

// FuzzPoll: whatever a task is said to be, it goes on, is done, or failed in a way of the closed set. What is done can be fetched or
// fails so, too, and never from an address that is not the provider's.
func FuzzPoll(f *testing.F) {
	f.Add(uint8(0), `{"id":"abc","status":"Ready","result":{"sample":"https://delivery-eu4.bfl.ai/x.png","seed":7}}`)
	f.Add(uint8(0), `{"status":"Ready","result":{"sample":"http://169.254.169.254/"}}`)
	f.Add(uint8(0), `{"state":"Pending","progress":0.5}`)
	f.Add(uint8(0), `{"status":"Error","details":{"Moderation Reasons":["x"]}}`)
	f.Add(uint8(0), `{"status":"Task not found"}`)
	f.Add(uint8(1), `{"detail":[{"msg":7}]}`)
	f.Add(uint8(2), ``)
	var status int
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	f.Cleanup(srv.Close)
	p, err := bfl.New(bfl.Options{Key: "k", URL: srv.URL + "/v1", Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	sub, err := p.ParseWebhook(nil, []byte(`{"id":"abc","polling_url":"`+srv.URL+`/v1/get_result?id=abc"}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which uint8, said string) {
		all := []int{200, 422, 404, 429, 500}
		status, body = all[int(which)%len(all)], said
		progress, err := p.Poll(t.Context(), sub.Handle)
		if err != nil {
			_ = providertest.CheckError(t, err)
			return
		}
		if progress.Fraction > 1 || progress.Cost < -1 {
			t.Errorf("%+v", progress)
		}
	})
}
