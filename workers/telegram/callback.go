package telegram

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Op says what a button does. Ops are codes of two letters, because all of a button's data has to fit 64 bytes; a code
// is never given another meaning, since old messages keep their buttons for ever.
type Op string

// The ops.
const (
	// OpAgree accepts the policy. Object: its version.
	OpAgree Op = "ag"
	// OpCancel cancels a generation that can still be canceled. Object: generation.
	OpCancel Op = "ca"
	// OpQueue lists anew what is waiting. No object.
	OpQueue Op = "qu"
	// OpQueueCancel cancels one of the list. Object: generation.
	OpQueueCancel Op = "qc"
	// OpQueueAll asks whether to cancel all of it. No object.
	OpQueueAll Op = "qa"
	// OpQueueAllYes cancels all of it. No object. Needs a nonce.
	OpQueueAllYes Op = "qy"
	// OpShow shows a result that may not have reached the person. Object: generation.
	OpShow Op = "sh"
	// OpMissed shows what was finished while the person was away. No object. Needs a nonce.
	OpMissed Op = "mi"
	// OpAgain paints the same prompt again. Object: image. Spends: needs a nonce.
	OpAgain Op = "ga"
	// OpVary paints a variation. Object: image, which may be followed by how far it goes. Spends: needs a nonce.
	OpVary Op = "va"
	// OpOriginal sends the original files as documents. Object: image.
	OpOriginal Op = "or"
	// OpHistory stands in messages of older releases, whose pages cannot be turned any more. Object: cursor.
	OpHistory Op = "hi"
	// OpDelete asks whether to delete a result. Object: image.
	OpDelete Op = "de"
	// OpDeleteYes deletes it. Object: image. Needs a nonce.
	OpDeleteYes Op = "dy"
	// OpDeleteNo keeps it. Object: image.
	OpDeleteNo Op = "dn"
	// OpStart starts what was asked for and waited: for a yes, for credits, for a higher limit. Object: the quote, a dash, and
	// which of its wishes; under a receipt -r behind that. Spends: needs a nonce.
	OpStart Op = "re"
	// OpDrop turns a quote down. Object: the quote.
	OpDrop Op = "qd"
	// OpBuy orders a pack of credits, or shows what there is to buy. Object: the pack or nothing, a dash, and the quote that waits
	// for it or nothing.
	OpBuy Op = "by"
	// OpSubscription cancels the subscription, or takes that back. Object: its order, a dash, and 0 or 1 for whether it renews.
	OpSubscription Op = "sb"
	// OpLanguage chooses the language the bot speaks. Object: its tag.
	OpLanguage Op = "la"
	// OpModel chooses who paints. Object: the model's name.
	OpModel Op = "mo"
	// OpProvider keeps a provider from the person's prompts, or lets it have them again. Object: its name, after a dash
	// to keep it out.
	OpProvider Op = "pr"
	// OpSetting opens a page of the settings, or sets what its object says after an equals sign. Object: page, or page=value.
	OpSetting Op = "se"
	// OpPreset makes a preset the settings. Object: a hash of its name.
	OpPreset Op = "ps"
	// OpPresetDelete deletes a preset. Object: a hash of its name. Needs a nonce.
	OpPresetDelete Op = "pd"
	// OpPaint paints the words that the message with the button is about. No object. Spends: needs a nonce.
	OpPaint Op = "pn"
	// OpAppeal has a refusal or a ban looked at. Object: the case.
	OpAppeal Op = "ap"
	// OpReport asks what is wrong with a result. Object: image.
	OpReport Op = "rp"
	// OpReportAs reports it. Object: image and the reason.
	OpReportAs Op = "ra"
	// OpWordsPaint paints a proposed prompt. Object: the writing. Spends: needs a nonce.
	OpWordsPaint Op = "wp"
	// OpWordsChange asks for a proposed prompt in the person's own words. Object: the writing.
	OpWordsChange Op = "wc"
	// OpWordsAnother asks for another proposal. Object: the writing. Needs a nonce.
	OpWordsAnother Op = "wa"
)

// The ops under a result. An image is a generation and the number of its image from 0, as in "01J…-2"; what follows after
// another dash is said there. Ops that spend need a nonce.
const (
	// OpActions shows the first page of buttons. Object: image.
	OpActions Op = "ac"
	// OpMore shows the other page. Object: image.
	OpMore Op = "mr"
	// OpUpscale makes an image larger. Object: image and how many times. Spends.
	OpUpscale Op = "up"
	// OpExpand paints around an image. Object: image and direction. Spends.
	OpExpand Op = "ex"
	// OpEdit asks what to change. Object: image.
	OpEdit Op = "ed"
	// OpRemix shows the prompt to be changed. Object: image.
	OpRemix Op = "rx"
	// OpFavorite marks a generation. Object: image and 1, or 0 to take the mark away.
	OpFavorite Op = "fa"
	// OpCompare asks whom to compare with. Object: image.
	OpCompare Op = "co"
	// OpCompareWith paints the same with another model. Object: image and a hash of the model's name. Spends.
	OpCompareWith Op = "cw"
	// OpReference keeps an image for the next prompt. Object: image.
	OpReference Op = "rf"
	// OpNoReference forgets it. Object: image.
	OpNoReference Op = "nr"
	// OpDetails tells how an image was made. Object: image.
	OpDetails Op = "dt"
)

// The ops of payments that go back. A payment is named by a hash of its charge.
const (
	// OpPaysupport lists payments anew. No object.
	OpPaysupport Op = "py"
	// OpRefund asks whether to give a payment back. Object: payment.
	OpRefund Op = "rq"
	// OpRefundYes gives it back. Object: payment. Needs a nonce.
	OpRefundYes Op = "ry"
	// OpHelpdesk asks for words to the operators. Object: payment, or empty.
	OpHelpdesk Op = "hd"
)

// The ops of operators. They are signed for the chat of the operators, so that everybody in it can press. Object: ticket,
// and of a refund how the name of the payment begins.
const (
	// OpDeskRefund asks whether to give back the payment of a ticket.
	OpDeskRefund Op = "kr"
	// OpDeskRefundYes gives it back. Needs a nonce.
	OpDeskRefundYes Op = "ky"
	// OpDeskReply asks for the answer.
	OpDeskReply Op = "ka"
	// OpDeskClose closes it.
	OpDeskClose Op = "kc"
)

// The ops of operators' own commands.
const (
	// OpCrewDo does what the message asks the reason for. Object: the reason, or no. Needs a nonce, unless it is no.
	OpCrewDo Op = "cd"
	// OpCrewChoose asks for the reason of a deed. Object: the deed, a dash, and what it is done to.
	OpCrewChoose Op = "cc"
)

// The op of announcements.
const (
	// OpNews says whether a person wants them. Object: the announcement whose button it is, a dash, and 0 or 1.
	OpNews Op = "nw"
)

// The ops of conversations. A parting is who somebody talked with in which conversation, in a form that only this program reads.
const (
	// OpChat is everything that can be pressed again and again around conversations. Object: what to do, which may be followed by
	// an equals sign and a value.
	OpChat Op = "ch"
	// OpChatLeave ends the conversation, or asks whether to. Object: the reason, or ask- and the reason. Needs a nonce where it ends.
	OpChatLeave Op = "cl"
	// OpChatBlock keeps a former partner out for good. Object: the parting.
	OpChatBlock Op = "cb"
	// OpChatReport asks what is wrong with one. Object: the parting.
	OpChatReport Op = "cr"
	// OpChatReportAs reports one. Object: the parting and the letter of the reason.
	OpChatReportAs Op = "cs"
	// OpDeskReport shows operators what was sent with a report. Object: the report.
	OpDeskReport Op = "ks"
	// OpDeskPause keeps who was reported out of conversations for a while. Object: the report. Needs a nonce.
	OpDeskPause Op = "kp"
	// OpDeskDismiss decides that nothing follows. Object: the report. Needs a nonce.
	OpDeskDismiss Op = "kd"
)

// The ops of erasing everything of a person.
const (
	// OpErase asks whether that is really wanted. No object.
	OpErase Op = "ee"
	// OpEraseNo leaves it. No object.
	OpEraseNo Op = "en"
	// OpEraseYes asks for it. No object. Needs a nonce.
	OpEraseYes Op = "ey"
	// OpEraseKeep takes it back. Object: the request.
	OpEraseKeep Op = "ek"
	// OpEraseNow does it without waiting. Object: the request. Needs a nonce.
	OpEraseNow Op = "ew"
)

// The ops of credits.
const (
	// OpDaily gives the credits of the day. No object.
	OpDaily Op = "da"
	// OpInvite shows the link that invites friends. No object.
	OpInvite Op = "iv"
	// OpLedger shows movements. Object: nothing, or a browse and what to do.
	OpLedger Op = "lg"
	// OpGiftCancel takes a gift back. Object: the gift. Needs a nonce.
	OpGiftCancel Op = "gc"
	// OpLink opens what an address was about that somebody came with. Object: what it said after start=.
	OpLink Op = "ln"
)

// The ops of what is said in a conversation. Object: what it is called in its lane.
const (
	// OpRelaySend sends what waits for a word, or what may not have arrived.
	OpRelaySend Op = "xs"
	// OpRelayKeep does not send it.
	OpRelayKeep Op = "xk"
	// OpRelayAlways sends it and does not ask about its kind any more in this conversation. Object: followed by a dash and that.
	OpRelayAlways Op = "xa"
	// OpRelayShare shows an image to the partner. Object: image.
	OpRelayShare Op = "xh"
)

// The ops of people's data.
const (
	// OpPrivacy opens a page about them, or sets what is to be chosen there. Object: nothing, a page, or page=value.
	OpPrivacy Op = "hp"
	// OpRestrict freezes the account, or ends that. Object: 1, which needs a nonce, or 0.
	OpRestrict Op = "hr"
)

// The ops of e-mail.
const (
	// OpMail asks for an address. Object: nothing for the linked one, new for another, no to send nothing.
	OpMail Op = "ml"
	// OpMailRemove forgets the linked one. No object. Needs a nonce.
	OpMailRemove Op = "md"
	// OpToken shows tokens of the API. Object: new, list, hide, or a token, and behind a dash the credits it may spend in a month.
	OpToken Op = "tk"
	// OpTokenRevoke revokes one. Object: the token. Needs a nonce.
	OpTokenRevoke Op = "tr"
	// OpMailPort sends a code to where everything about the person is to go. Object: the code. Needs a nonce.
	OpMailPort Op = "mp"
)

// The ops of policy, consent and age.
const (
	// OpAge answers the question for the age, in steps. Object: nothing, a decade, a year or a month of birth, and behind that the
	// country.
	OpAge Op = "cy"
	// OpWithdraw asks whether to take the consent back, or does it. Object: nothing, or yes, which needs a nonce.
	OpWithdraw Op = "cx"
	// OpPolicy shows the policy. Object: its version.
	OpPolicy Op = "cp"
)

// The ops of the history.
const (
	// OpBrowse leafs, filters and picks. Object: a browse and what to do.
	OpBrowse Op = "br"
	// OpBrowseDelete deletes what is picked. Object: a browse. Needs a nonce.
	OpBrowseDelete Op = "bd"
)

// Ops lists all ops.
func Ops() []Op {
	return []Op{
		OpAgree,
		OpAge,
		OpWithdraw,
		OpPolicy,
		OpCancel,
		OpQueue,
		OpQueueCancel,
		OpQueueAll,
		OpQueueAllYes,
		OpShow,
		OpMissed,
		OpAgain,
		OpVary,
		OpOriginal,
		OpHistory,
		OpDelete,
		OpDeleteYes,
		OpDeleteNo,
		OpStart,
		OpDrop,
		OpBuy,
		OpSubscription,
		OpLanguage,
		OpModel,
		OpProvider,
		OpSetting,
		OpPreset,
		OpPresetDelete,
		OpPaint,
		OpActions,
		OpMore,
		OpUpscale,
		OpExpand,
		OpEdit,
		OpRemix,
		OpFavorite,
		OpCompare,
		OpCompareWith,
		OpReference,
		OpNoReference,
		OpDetails,
		OpBrowse,
		OpBrowseDelete,
		OpPaysupport,
		OpRefund,
		OpRefundYes,
		OpHelpdesk,
		OpDeskRefund,
		OpDeskRefundYes,
		OpDeskReply,
		OpDeskClose,
		OpAppeal,
		OpReport,
		OpReportAs,
		OpWordsPaint,
		OpWordsChange,
		OpWordsAnother,
		OpDaily,
		OpInvite,
		OpLedger,
		OpGiftCancel,
		OpLink,
		OpNews,
		OpRelaySend,
		OpRelayKeep,
		OpRelayAlways,
		OpRelayShare,
		OpChat,
		OpChatLeave,
		OpChatBlock,
		OpChatReport,
		OpChatReportAs,
		OpDeskReport,
		OpDeskPause,
		OpDeskDismiss,
		OpMail,
		OpMailRemove,
		OpMailPort,
		OpToken,
		OpTokenRevoke,
		OpCrewDo,
		OpCrewChoose,
		OpPrivacy,
		OpRestrict,
		OpErase,
		OpEraseNo,
		OpEraseYes,
		OpEraseKeep,
		OpEraseNow,
	}
}

// ErrForged means that a button's data was not made here for the person who pressed it: another person's button, or
// bytes somebody made up.
var ErrForged = errors.New("telegram: forged or foreign button")

// MaxData is the most bytes of a button's data.
const MaxData = 64

const (
	macBytes  = 12
	separator = "."
)

// Signer binds buttons to the person they were made for. A client can send any bytes as callback data, so nothing in
// them is believed without the code over op, object, nonce and owner.
type Signer struct {
	mac func(purpose string, parts ...string) []byte
}

// NewSigner returns a signer over mac, a keyed code of at least 12 bytes that keeps its parts apart (queue's Keys.MAC).
func NewSigner(mac func(purpose string, parts ...string) []byte) *Signer { return &Signer{mac: mac} }

// Press is a button somebody pressed.
type Press struct {
	Op     Op
	Object string
	// Nonce is empty for a button that may be pressed again and again.
	Nonce string
}

// Data returns a button's data, at most MaxData bytes: an object of 26 characters leaves 16 for the nonce. It panics
// on an unknown op, on a dot in object or nonce and on data that is too long, which only a mistake in the program can
// cause.
func (s *Signer) Data(op Op, object string, owner int64, nonce string) string {
	if !op.known() || strings.Contains(object+nonce, separator) {
		panic(fmt.Sprintf("telegram: op %q, object %q or nonce %q cannot be button data", op, object, nonce))
	}
	data := strings.Join([]string{string(op), object, nonce, s.code(op, object, nonce, owner)}, separator)
	if len(data) > MaxData {
		panic(fmt.Sprintf("telegram: button data for op %q is %d bytes, over %d", op, len(data), MaxData))
	}
	return data
}

// Parse reads the data of a button pressed by from. Every failure is ErrForged.
func (s *Signer) Parse(data string, from int64) (Press, error) {
	if len(data) > MaxData {
		return Press{}, ErrForged
	}
	parts := strings.Split(data, separator)
	if len(parts) != 4 {
		return Press{}, ErrForged
	}
	op, object, nonce := Op(parts[0]), parts[1], parts[2]
	if !hmac.Equal([]byte(parts[3]), []byte(s.code(op, object, nonce, from))) || !op.known() {
		return Press{}, ErrForged
	}
	return Press{Op: op, Object: object, Nonce: nonce}, nil
}

func (s *Signer) code(op Op, object, nonce string, owner int64) string {
	sum := s.mac("telegram button", string(op), object, nonce, strconv.FormatInt(owner, 10))
	return base64.RawURLEncoding.EncodeToString(sum[:macBytes])
}

func (o Op) known() bool { return slices.Contains(Ops(), o) }
