package texts

// Texts about payments that go back.
const (
	// MessagePaysupport lists payments. Rows: RowPayment each. Days of the window; Ticket says that a request is open.
	MessagePaysupport Key = "message.paysupport"
	// MessagePaysupportNone: nothing was bought. Ticket as above.
	MessagePaysupportNone Key = "message.paysupport_none"
	// RowPayment is one: Number in the list, When, Stars, Count credits it bought, Left of them, State a Note text or empty.
	RowPayment Key = "row.payment"
	// NotePaymentGoing: it is being given back.
	NotePaymentGoing Key = "note.payment_going"
	// NotePaymentGone: it went back.
	NotePaymentGone Key = "note.payment_gone"
	// MessageRefundAsk asks whether to give Stars back. Count credits leave.
	MessageRefundAsk Key = "message.refund_ask"
	// MessageRefundAsked: Telegram is asked for it.
	MessageRefundAsked Key = "message.refund_asked"
	// MessageRefundKept: the person changed their mind.
	MessageRefundKept Key = "message.refund_kept"
	// MessageRefunded: Stars are back with the person. Count credits left for it.
	MessageRefunded Key = "message.refunded"
	// MessageRefundRefused: Telegram does not give Stars back; Count credits are there again.
	MessageRefundRefused Key = "message.refund_refused"
	// MessageRefundWrite asks for words about a payment that does not go back by one tap. Why is a Note text.
	MessageRefundWrite Key = "message.refund_write"
	// NoteRefundSpent: Left of the Count credits it bought are unspent.
	NoteRefundSpent Key = "note.refund_spent"
	// NoteRefundOld: it is older than Count days.
	NoteRefundOld Key = "note.refund_old"
	// NoteRefundTried: Telegram refused before.
	NoteRefundTried Key = "note.refund_tried"
	// MessageHelpdeskAsk asks for words to the operators.
	MessageHelpdeskAsk Key = "message.helpdesk_ask"
	// MessageHelpdeskOpened: the request is with them.
	MessageHelpdeskOpened Key = "message.helpdesk_opened"
	// MessageHelpdeskAdded: it was added to the open one.
	MessageHelpdeskAdded Key = "message.helpdesk_added"
	// MessageHelpdeskFull: nothing is added before they answered.
	MessageHelpdeskFull Key = "message.helpdesk_full"
	// MessageHelpdeskWords: only words can be passed on.
	MessageHelpdeskWords Key = "message.helpdesk_words"
	// MessageHelpdeskAnswer is an operator's answer: Words.
	MessageHelpdeskAnswer Key = "message.helpdesk_answer"
	// MessageHelpdeskClosed: the request is closed.
	MessageHelpdeskClosed Key = "message.helpdesk_closed"
	// MessageReversed: Telegram gave Stars back unasked. Count credits had been bought; Taken were unspent, Covered of the rest
	// was paid by others, Owed is the debt.
	MessageReversed Key = "message.reversed"
	// MessageFrozen refuses to paint: Count credits are owed.
	MessageFrozen Key = "message.frozen"
	// MessageDebtPaid follows a receipt: Count of its credits paid what was owed; Owed still is, 0 for nothing.
	MessageDebtPaid Key = "message.debt_paid"
	// NoteMoveDebt is a movement that paid what was owed.
	NoteMoveDebt Key = "note.move_debt"
	// MessageUnfrozen: nothing is owed any more.
	MessageUnfrozen Key = "message.unfrozen"
	// NoteRefund is the button that gives a payment back: Number in the list, Stars.
	NoteRefund Key = "note.refund"
	// ButtonRefundYes does it.
	ButtonRefundYes Key = "button.refund_yes"
	// ButtonRefundNo does not.
	ButtonRefundNo Key = "button.refund_no"
	// ButtonHelpdesk asks the operators.
	ButtonHelpdesk Key = "button.helpdesk"
	// CommandPaysupport is the line of /paysupport.
	CommandPaysupport Key = "command.paysupport"
)

// Texts for operators.
const (
	// MessageDeskTicket shows a request: Person, hashed; Payment a RowPayment or empty; Words; Fresh says that it is a new one.
	MessageDeskTicket Key = "message.desk_ticket"
	// MessageDeskRefundAsk asks whether to give Stars back; Left of Count credits leave, what is spent stays with the person.
	MessageDeskRefundAsk Key = "message.desk_refund_ask"
	// MessageDeskReplyAsk asks for an answer to Person.
	MessageDeskReplyAsk Key = "message.desk_reply_ask"
	// MessageDeskRefused: Telegram refuses to give Stars back to Person, for a Reason of its own.
	MessageDeskRefused Key = "message.desk_refused"
	// MessageDeskReversed: Telegram gave Stars back to Person unasked; Count credits are owed.
	MessageDeskReversed Key = "message.desk_reversed"
	// MessageDeskReconciled: Count differences between payments here and at Telegram. Rows say which.
	MessageDeskReconciled Key = "message.desk_reconciled"
	// MessageDeskNot says why a reply could not be passed on: the request is closed.
	MessageDeskNot Key = "message.desk_not"
	// MessageDeskSent: the answer is on its way.
	MessageDeskSent Key = "message.desk_sent"
	// AnswerDeskAsked: Telegram is asked to give it back.
	AnswerDeskAsked Key = "answer.desk_asked"
	// AnswerDeskHeld: something of it is being painted right now.
	AnswerDeskHeld Key = "answer.desk_held"
	// AnswerDeskClosed: the request is closed.
	AnswerDeskClosed Key = "answer.desk_closed"
	// ButtonDeskRefund asks for a refund of Stars.
	ButtonDeskRefund Key = "button.desk_refund"
	// ButtonDeskReply answers.
	ButtonDeskReply Key = "button.desk_reply"
	// ButtonDeskClose closes a request.
	ButtonDeskClose Key = "button.desk_close"
)
