package openai

import (
	"testing"

	"github.com/imagika/imagika/providers/openai/openaitest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestOfficialClient drives the server of these tests with OpenAI's client for Node, so that it is not only our own
// reading of the API that the adapter is tested against.
func TestOfficialClient(t *testing.T) {
	t.Parallel()
	c := providertest.NewClient(t)
	s := openaitest.New(t, openaitest.OpenAI)
	for range 10 { // what the server does and refuses by itself; a wrong key is no call
		s.Fault(openaitest.Fault{})
	}
	s.Fault(refuse(400, `{"error":{"message":"rejected by the safety system","type":"image_generation_user_error","param":null,"code":"moderation_blocked"}}`))
	s.Fault(limit("Retry-After", "9", `{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}`))
	s.Fault(refuse(500, `<html></html>`))
	s.Fault(openaitest.Fault{Cut: true})
	c.Drive(16, s.URL(), openaitest.Key, c.File("fox.png", readAll(t, providertest.Picture())))
	if n := len(s.Calls()); n != 14 || s.Billed() != 5 {
		t.Errorf("%d calls, %d billed; want 14 and 5", n, s.Billed())
	}
}
