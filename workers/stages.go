package workers

import (
	"context"

	"github.com/imagika/imagika/queue"
)

// Handlers is the table of stages: who works on which type of task.
func (w *Workers) Handlers() map[string]queue.HandlerFunc {
	return map[string]queue.HandlerFunc{
		queue.TypeChatDrain:          stage(queue.DecodeChatDrain, w.drain),
		queue.TypeUpdatePayment:      stage(queue.DecodeUpdatePayment, w.payment),
		queue.TypeGenerationPrepare:  stage(queue.DecodeGenerationPrepare, w.prepare),
		queue.TypeGenerationGenerate: stage(queue.DecodeGenerationGenerate, w.generate),
		queue.TypeGenerationPoll:     stage(queue.DecodeGenerationPoll, w.poll),
		queue.TypeGenerationProgress: stage(queue.DecodeGenerationProgress, w.progress),
		queue.TypeDeliverySend:       stage(queue.DecodeDeliverySend, w.deliver),
		queue.TypePromptWrite:        stage(queue.DecodePromptWrite, w.write),
		queue.TypeAlbumClose:         stage(queue.DecodeAlbumClose, w.closeAlbum),
		queue.TypePaymentRefund:      stage(queue.DecodePaymentRefund, w.refund),
		queue.TypeRelayDrain:         stage(queue.DecodeRelayDrain, w.relay),
		queue.TypePaymentReconcile:   stage(queue.DecodePaymentReconcile, w.reconcilePayments),
		queue.TypeRightServe:         stage(queue.DecodeRightServe, w.serveRight),
		queue.TypeMailSend:           stage(queue.DecodeMailSend, w.sendMail),
		queue.TypeSignInMail:         stage(queue.DecodeSignInMail, w.mailSignIn),
		queue.TypeAttemptDelete:      stage(queue.DecodeAttemptDelete, w.deleteElsewhere),
		queue.TypeAnnouncementSend:   stage(queue.DecodeAnnouncementSend, w.announce),
	}
}

// stage decodes the payload and turns errors into what the queue understands.
func stage[T any](decode func([]byte) (T, error), handle func(context.Context, T) error) queue.HandlerFunc {
	return func(ctx context.Context, payload []byte) error {
		p, err := decode(payload)
		if err != nil {
			return err
		}
		return fate(handle(ctx, p))
	}
}

func (w *Workers) drain(ctx context.Context, p queue.ChatDrain) error {
	return w.Lanes.Drain(ctx, p.Lane, p.Epoch, laneHandler{w})
}
