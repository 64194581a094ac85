package replicate_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/providers/replicate/replicatetest"
)

// TestClient drives the fake with Replicate's own client: what it takes for the service is one.
func TestClient(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t)
	s := replicatetest.New(t)
	s.Lists(2, true)
	s.Fault(
		replicatetest.Fault{}, replicatetest.Fault{Pending: 2}, replicatetest.Fault{}, replicatetest.Fault{}, replicatetest.Fault{},
		replicatetest.Fault{End: "failed", Error: "The input was flagged as sensitive (E005)"},
	)
	at, body := strconv.FormatInt(time.Now().Unix(), 10), `{"id":"abc"}`
	client.Drive(18, s.URL(), replicatetest.Key, client.Picture, replicatetest.Secret,
		"msg_1", at, sign(t, replicatetest.Secret, "msg_1", at, []byte(body)), body)
	if s.Billed() != 5 { // one was taken back, two were refused
		t.Errorf("billed %d, want 5", s.Billed())
	}
}
