package queue

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The task types. Each has a constructor, a decoder, a row in the policy table and a golden payload.
const (
	TypeChatDrain          = "chat:drain"          // handles the updates of a lane
	TypeUpdatePayment      = "update:payment"      // a payment's update, which waits in no lane
	TypeGenerationPrepare  = "generation:prepare"  // fetches references from Telegram
	TypeGenerationGenerate = "generation:generate" // calls a provider
	TypeGenerationPoll     = "generation:poll"     // asks an asynchronous provider
	TypeGenerationProgress = "generation:progress" // edits the status message
	TypeDeliverySend       = "delivery:send"       // sends a result
	TypePromptWrite        = "prompt:write"        // asks a provider for words
	TypeAlbumClose         = "album:close"         // makes one request of the pictures of an album
	TypePaymentRefund      = "payment:refund"      // gives Stars back
	TypePaymentReconcile   = "payment:reconcile"   // compares payments with what Telegram has
	TypeAnnouncementSend   = "announcement:send"   // tells the next of many people
	TypeRightServe         = "right:serve"         // exports, erases … what a person asked about their data
	TypeMailSend           = "mail:send"           // sends an e-mail
	TypeSignInMail         = "sign-in:mail"        // mails codes to whoever linked the address that a browser named
	TypeAttemptDelete      = "attempt:delete"      // has a provider delete what it has of a call
	TypeRelayDrain         = "relay:drain"         // passes on what one side of a conversation says
)

// payloadVersion is what this release writes. Decoders read it and, when it is raised, the one before.
const payloadVersion = 1

// Task is something to do. The constructors of this file make them; ID names the work and its epoch, so that the same
// work is enqueued once.
type Task struct {
	Type    string
	ID      string
	Payload []byte
	// Delay is a lower bound: the task starts up to about 1.5 s later than that. Zero is at once.
	Delay time.Duration
}

// After returns the task with another delay.
func (t Task) After(d time.Duration) Task {
	t.Delay = d
	return t
}

// ChatDrain is the payload of chat:drain.
type ChatDrain struct {
	Version int    `json:"v"`
	Lane    string `json:"lane"` // see Keys.LaneHash
	Epoch   int64  `json:"epoch"`
}

// UpdatePayment is the payload of update:payment. Keys.OpenUpdate opens it.
type UpdatePayment struct {
	Version int    `json:"v"`
	Hash    string `json:"hash"` // see Keys.UpdateHash
	Sealed  []byte `json:"sealed"`
}

// GenerationPrepare is the payload of generation:prepare.
type GenerationPrepare struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// GenerationGenerate is the payload of generation:generate.
type GenerationGenerate struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// GenerationPoll is the payload of generation:poll. K counts the polls of an attempt.
type GenerationPoll struct {
	Version int    `json:"v"`
	Attempt string `json:"attempt"`
	K       int64  `json:"k"`
}

// GenerationProgress is the payload of generation:progress. K counts the looks at a generation.
type GenerationProgress struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	K       int64  `json:"k"`
}

// DeliverySend is the payload of delivery:send.
type DeliverySend struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// PromptWrite is the payload of prompt:write.
type PromptWrite struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// AlbumClose is the payload of album:close.
type AlbumClose struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// PaymentRefund is the payload of payment:refund.
type PaymentRefund struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// RightServe is the payload of right:serve.
type RightServe struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// MailSend is the payload of mail:send.
type MailSend struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// SignInMail is the payload of sign-in:mail.
type SignInMail struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// AttemptDelete is the payload of attempt:delete.
type AttemptDelete struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// PaymentReconcile is the payload of payment:reconcile.
type PaymentReconcile struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// AnnouncementSend is the payload of announcement:send.
type AnnouncementSend struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Epoch   int64  `json:"epoch"`
}

// RelayDrain is the payload of relay:drain.
type RelayDrain struct {
	Version      int    `json:"v"`
	Conversation string `json:"conversation"`
	Side         int    `json:"side"` // of who speaks: 0 or 1
	Epoch        int64  `json:"epoch"`
}

// NewChatDrainTask drains a lane at an epoch.
func NewChatDrainTask(lane string, epoch int64) Task {
	return newTask(TypeChatDrain, taskID("lane", lane, epoch), ChatDrain{payloadVersion, lane, epoch})
}

// NewUpdatePaymentTask carries a sealed update past the lanes.
func NewUpdatePaymentTask(hash string, sealed []byte) Task {
	return newTask(TypeUpdatePayment, "upd:"+hash, UpdatePayment{payloadVersion, hash, sealed})
}

// NewGenerationPrepareTask fetches the references of a generation.
func NewGenerationPrepareTask(id string, epoch int64) Task {
	return newTask(TypeGenerationPrepare, taskID("prepare", id, epoch), GenerationPrepare{payloadVersion, id, epoch})
}

// NewGenerationGenerateTask makes the images of a generation.
func NewGenerationGenerateTask(id string, epoch int64) Task {
	return newTask(TypeGenerationGenerate, taskID("generation", id, epoch), GenerationGenerate{payloadVersion, id, epoch})
}

// NewGenerationPollTask is the k-th poll of an attempt.
func NewGenerationPollTask(attempt string, k int64) Task {
	return newTask(TypeGenerationPoll, taskID("poll", attempt, k), GenerationPoll{payloadVersion, attempt, k})
}

// NewGenerationProgressTask is the k-th look at a generation's progress.
func NewGenerationProgressTask(id string, k int64) Task {
	return newTask(TypeGenerationProgress, taskID("progress", id, k), GenerationProgress{payloadVersion, id, k})
}

// NewDeliverySendTask sends the result of a generation.
func NewDeliverySendTask(id string, epoch int64) Task {
	return newTask(TypeDeliverySend, taskID("deliver", id, epoch), DeliverySend{payloadVersion, id, epoch})
}

// NewPromptWriteTask describes a picture, or improves or translates a prompt.
func NewPromptWriteTask(id string, epoch int64) Task {
	return newTask(TypePromptWrite, taskID("write", id, epoch), PromptWrite{payloadVersion, id, epoch})
}

// NewAlbumCloseTask closes an album to which nothing was added since the epoch.
func NewAlbumCloseTask(id string, epoch int64) Task {
	return newTask(TypeAlbumClose, taskID("album", id, epoch), AlbumClose{payloadVersion, id, epoch})
}

// NewPaymentRefundTask gives the Stars of a payment back.
func NewPaymentRefundTask(id string, epoch int64) Task {
	return newTask(TypePaymentRefund, taskID("refund", id, epoch), PaymentRefund{payloadVersion, id, epoch})
}

// NewPaymentReconcileTask compares payments with what Telegram has.
func NewPaymentReconcileTask(id string, epoch int64) Task {
	return newTask(TypePaymentReconcile, taskID("reconcile", id, epoch), PaymentReconcile{payloadVersion, id, epoch})
}

// NewAnnouncementSendTask tells the next of the people an announcement is for.
func NewAnnouncementSendTask(id string, epoch int64) Task {
	return newTask(TypeAnnouncementSend, taskID("announce", id, epoch), AnnouncementSend{payloadVersion, id, epoch})
}

// NewRelayDrainTask passes on what waits in one direction of a conversation.
func NewRelayDrainTask(conversation string, side int, epoch int64) Task {
	return newTask(TypeRelayDrain, taskID("relay", conversation+"-"+strconv.Itoa(side), epoch), RelayDrain{payloadVersion, conversation, side, epoch})
}

// DecodeChatDrain reads a payload. Like the decoders below it returns a *VersionError for a version this release does
// not know, which makes the server try again later, when a newer release may run.
func DecodeChatDrain(payload []byte) (ChatDrain, error) {
	return decode[ChatDrain](TypeChatDrain, payload)
}

// DecodeUpdatePayment reads a payload.
func DecodeUpdatePayment(payload []byte) (UpdatePayment, error) {
	return decode[UpdatePayment](TypeUpdatePayment, payload)
}

// DecodeGenerationPrepare reads a payload.
func DecodeGenerationPrepare(payload []byte) (GenerationPrepare, error) {
	return decode[GenerationPrepare](TypeGenerationPrepare, payload)
}

// DecodeGenerationGenerate reads a payload.
func DecodeGenerationGenerate(payload []byte) (GenerationGenerate, error) {
	return decode[GenerationGenerate](TypeGenerationGenerate, payload)
}

// DecodeGenerationPoll reads a payload.
func DecodeGenerationPoll(payload []byte) (GenerationPoll, error) {
	return decode[GenerationPoll](TypeGenerationPoll, payload)
}

// DecodeGenerationProgress reads a payload.
func DecodeGenerationProgress(payload []byte) (GenerationProgress, error) {
	return decode[GenerationProgress](TypeGenerationProgress, payload)
}

// DecodeDeliverySend reads a payload.
func DecodeDeliverySend(payload []byte) (DeliverySend, error) {
	return decode[DeliverySend](TypeDeliverySend, payload)
}

// NewRightServeTask answers a request about somebody's data.
func NewRightServeTask(id string, epoch int64) Task {
	return newTask(TypeRightServe, taskID("right", id, epoch), RightServe{payloadVersion, id, epoch})
}

// DecodeRightServe reads a payload.
func DecodeRightServe(payload []byte) (RightServe, error) {
	return decode[RightServe](TypeRightServe, payload)
}

// NewMailSendTask sends an e-mail.
func NewMailSendTask(id string, epoch int64) Task {
	return newTask(TypeMailSend, taskID("mail", id, epoch), MailSend{payloadVersion, id, epoch})
}

// DecodeMailSend reads a payload.
func DecodeMailSend(payload []byte) (MailSend, error) {
	return decode[MailSend](TypeMailSend, payload)
}

// NewSignInMailTask mails the codes of a sign-in.
func NewSignInMailTask(id string, epoch int64) Task {
	return newTask(TypeSignInMail, taskID("sign-in", id, epoch), SignInMail{payloadVersion, id, epoch})
}

// DecodeSignInMail reads a payload.
func DecodeSignInMail(payload []byte) (SignInMail, error) {
	return decode[SignInMail](TypeSignInMail, payload)
}

// NewAttemptDeleteTask has a provider delete what it has of a call.
func NewAttemptDeleteTask(attempt string, epoch int64) Task {
	return newTask(TypeAttemptDelete, taskID("delete", attempt, epoch), AttemptDelete{payloadVersion, attempt, epoch})
}

// DecodeAttemptDelete reads a payload.
func DecodeAttemptDelete(payload []byte) (AttemptDelete, error) {
	return decode[AttemptDelete](TypeAttemptDelete, payload)
}

// DecodePromptWrite reads a payload.
func DecodePromptWrite(payload []byte) (PromptWrite, error) {
	return decode[PromptWrite](TypePromptWrite, payload)
}

// DecodeAlbumClose reads a payload.
func DecodeAlbumClose(payload []byte) (AlbumClose, error) {
	return decode[AlbumClose](TypeAlbumClose, payload)
}

// DecodePaymentRefund reads a payload.
func DecodePaymentRefund(payload []byte) (PaymentRefund, error) {
	return decode[PaymentRefund](TypePaymentRefund, payload)
}

// DecodePaymentReconcile reads a payload.
func DecodePaymentReconcile(payload []byte) (PaymentReconcile, error) {
	return decode[PaymentReconcile](TypePaymentReconcile, payload)
}

// DecodeAnnouncementSend reads a payload.
func DecodeAnnouncementSend(payload []byte) (AnnouncementSend, error) {
	return decode[AnnouncementSend](TypeAnnouncementSend, payload)
}

// DecodeRelayDrain reads a payload.
func DecodeRelayDrain(payload []byte) (RelayDrain, error) {
	return decode[RelayDrain](TypeRelayDrain, payload)
}

// VersionError says that a payload was written by a release that this one does not know. The server never archives such
// a task.
type VersionError struct {
	Type    string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("payload of %s has unknown version %d", e.Type, e.Version)
}

func taskID(form, id string, n int64) string {
	return form + ":" + id + ":" + strconv.FormatInt(n, 10)
}

func newTask(typ, id string, payload any) Task {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err) // the structs above hold strings, numbers and bytes
	}
	return Task{Type: typ, ID: id, Payload: b}
}

func decode[T any](typ string, payload []byte) (T, error) {
	var head struct {
		Version int `json:"v"`
	}
	var p T
	// The version comes first: a newer release may have changed the type of a field.
	if err := json.Unmarshal(payload, &head); err != nil {
		return p, fmt.Errorf("decode payload of %s: %w", typ, err)
	}
	if head.Version != payloadVersion {
		return p, &VersionError{Type: typ, Version: head.Version}
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return p, fmt.Errorf("decode payload of %s: %w", typ, err)
	}
	return p, nil
}
