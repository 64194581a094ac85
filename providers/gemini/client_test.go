package gemini

import (
	"testing"

	"github.com/imagika/imagika/providers/gemini/geminitest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestOfficialClient drives the server of these tests with Google's client for Node, so that it is not only our own
// reading of the API that the adapter is tested against.
func TestOfficialClient(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t)
	s := geminitest.New(t)
	for range 7 { // what the server does and refuses by itself; a wrong key is no call
		s.Fault(geminitest.Fault{})
	}
	s.Fault(geminitest.Fault{Block: "PROHIBITED_CONTENT"})
	s.Fault(geminitest.Fault{Finish: "IMAGE_SAFETY"})
	s.Fault(geminitest.Fault{Words: true})
	s.Fault(geminitest.Fault{Drafts: true})
	s.Fault(limit(perMinute, delay("17s")))
	s.Fault(failure(500, "INTERNAL", "An internal error has occurred."))
	client.Drive(15, s.Root(), geminitest.Key, client.Picture)
	if n := len(s.Calls()); n != 13 || s.Billed() != 7 {
		t.Errorf("%d calls, %d billed; want 13 and 7", n, s.Billed())
	}
}
