package queue_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/queue"
)

// golden holds the payloads of release 1. Later releases read them: rows are added, never changed.
var golden = []struct {
	task    queue.Task
	id      string
	payload string
	decode  func([]byte) (any, error)
	want    any
}{
	{
		queue.NewChatDrainTask("5f0c", 1794830000000001), "lane:5f0c:1794830000000001",
		`{"v":1,"lane":"5f0c","epoch":1794830000000001}`,
		anyOf(queue.DecodeChatDrain),
		queue.ChatDrain{Version: 1, Lane: "5f0c", Epoch: 1794830000000001},
	},
	{
		queue.NewUpdatePaymentTask("77aa", []byte{1, 2, 3}), "upd:77aa",
		`{"v":1,"hash":"77aa","sealed":"AQID"}`,
		anyOf(queue.DecodeUpdatePayment),
		queue.UpdatePayment{Version: 1, Hash: "77aa", Sealed: []byte{1, 2, 3}},
	},
	{
		queue.NewGenerationPrepareTask("g1", 2), "prepare:g1:2",
		`{"v":1,"id":"g1","epoch":2}`,
		anyOf(queue.DecodeGenerationPrepare),
		queue.GenerationPrepare{Version: 1, ID: "g1", Epoch: 2},
	},
	{
		queue.NewGenerationGenerateTask("g1", 2), "generation:g1:2",
		`{"v":1,"id":"g1","epoch":2}`,
		anyOf(queue.DecodeGenerationGenerate),
		queue.GenerationGenerate{Version: 1, ID: "g1", Epoch: 2},
	},
	{
		queue.NewGenerationPollTask("a1", 7), "poll:a1:7",
		`{"v":1,"attempt":"a1","k":7}`,
		anyOf(queue.DecodeGenerationPoll),
		queue.GenerationPoll{Version: 1, Attempt: "a1", K: 7},
	},
	{
		queue.NewGenerationProgressTask("g1", 4), "progress:g1:4",
		`{"v":1,"id":"g1","k":4}`,
		anyOf(queue.DecodeGenerationProgress),
		queue.GenerationProgress{Version: 1, ID: "g1", K: 4},
	},
	{
		queue.NewRelayDrainTask("c1", 1, 3), "relay:c1-1:3",
		`{"v":1,"conversation":"c1","side":1,"epoch":3}`,
		anyOf(queue.DecodeRelayDrain),
		queue.RelayDrain{Version: 1, Conversation: "c1", Side: 1, Epoch: 3},
	},
	{
		queue.NewPromptWriteTask("w1", 2), "write:w1:2",
		`{"v":1,"id":"w1","epoch":2}`,
		anyOf(queue.DecodePromptWrite),
		queue.PromptWrite{Version: 1, ID: "w1", Epoch: 2},
	},
	{
		queue.NewRightServeTask("r1", 2), "right:r1:2",
		`{"v":1,"id":"r1","epoch":2}`,
		anyOf(queue.DecodeRightServe),
		queue.RightServe{Version: 1, ID: "r1", Epoch: 2},
	},
	{
		queue.NewMailSendTask("m1", 2), "mail:m1:2",
		`{"v":1,"id":"m1","epoch":2}`,
		anyOf(queue.DecodeMailSend),
		queue.MailSend{Version: 1, ID: "m1", Epoch: 2},
	},
	{
		queue.NewSignInMailTask("s1", 2), "sign-in:s1:2",
		`{"v":1,"id":"s1","epoch":2}`,
		anyOf(queue.DecodeSignInMail),
		queue.SignInMail{Version: 1, ID: "s1", Epoch: 2},
	},
	{
		queue.NewAttemptDeleteTask("a1", 2), "delete:a1:2",
		`{"v":1,"id":"a1","epoch":2}`,
		anyOf(queue.DecodeAttemptDelete),
		queue.AttemptDelete{Version: 1, ID: "a1", Epoch: 2},
	},
	{
		queue.NewAlbumCloseTask("a1", 3), "album:a1:3",
		`{"v":1,"id":"a1","epoch":3}`,
		anyOf(queue.DecodeAlbumClose),
		queue.AlbumClose{Version: 1, ID: "a1", Epoch: 3},
	},
	{
		queue.NewPaymentRefundTask("r1", 2), "refund:r1:2",
		`{"v":1,"id":"r1","epoch":2}`,
		anyOf(queue.DecodePaymentRefund),
		queue.PaymentRefund{Version: 1, ID: "r1", Epoch: 2},
	},
	{
		queue.NewPaymentReconcileTask("c1", 2), "reconcile:c1:2",
		`{"v":1,"id":"c1","epoch":2}`,
		anyOf(queue.DecodePaymentReconcile),
		queue.PaymentReconcile{Version: 1, ID: "c1", Epoch: 2},
	},
	{
		queue.NewAnnouncementSendTask("n1", 2), "announce:n1:2",
		`{"v":1,"id":"n1","epoch":2}`,
		anyOf(queue.DecodeAnnouncementSend),
		queue.AnnouncementSend{Version: 1, ID: "n1", Epoch: 2},
	},
	{
		queue.NewDeliverySendTask("g1", 0), "deliver:g1:0",
		`{"v":1,"id":"g1","epoch":0}`,
		anyOf(queue.DecodeDeliverySend),
		queue.DeliverySend{Version: 1, ID: "g1"},
	},
}

func anyOf[T any](decode func([]byte) (T, error)) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return decode(b) }
}

func TestGoldenPayloads(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, g := range golden {
		seen[g.task.Type] = true
		if g.task.ID != g.id {
			t.Errorf("%s: id %q, want %q", g.task.Type, g.task.ID, g.id)
		}
		if diff := cmp.Diff(g.payload, string(g.task.Payload)); diff != "" {
			t.Errorf("%s: payload (-want +got):\n%s", g.task.Type, diff)
		}
		got, err := g.decode([]byte(g.payload))
		if err != nil {
			t.Errorf("%s: %v", g.task.Type, err)
		}
		if diff := cmp.Diff(g.want, got); diff != "" {
			t.Errorf("%s: decoded (-want +got):\n%s", g.task.Type, diff)
		}
	}
	for _, p := range queue.Policies(0) {
		if !seen[p.Type] {
			t.Errorf("%s has no golden payload", p.Type)
		}
	}
}

func TestDecodeUnknownVersion(t *testing.T) {
	t.Parallel()
	for _, g := range golden {
		for _, payload := range []string{
			strings.Replace(g.payload, `"v":1`, `"v":2`, 1),
			`{"v":9,"id":{"of":"another shape"},"lane":3,"attempt":[],"hash":1}`,
			`{}`,
		} {
			_, err := g.decode([]byte(payload))
			var ve *queue.VersionError
			if !errors.As(err, &ve) || ve.Type != g.task.Type {
				t.Errorf("%s: decoding %s: %v, want a VersionError", g.task.Type, payload, err)
			}
		}
		if _, err := g.decode([]byte(`{"v":1,`)); err == nil {
			t.Errorf("%s: half a payload was decoded", g.task.Type)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.payload))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, g := range golden {
			_, _ = g.decode(b)
		}
	})
}
