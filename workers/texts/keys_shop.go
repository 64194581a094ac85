package texts

// Texts about buying.
const (
	CommandBuy          Key = "command.buy"
	CommandSubscription Key = "command.subscription"
	// MessageBuy lists what there is to buy: Count credits are there, Rows of RowPack.
	MessageBuy Key = "message.buy"
	// MessageShopClosed: nothing is sold here.
	MessageShopClosed Key = "message.shop_closed"
	// RowPack is one pack: Title, Count credits for Stars, Bonus of them on top (may be 0), Monthly if it is paid each month.
	RowPack Key = "row.pack"
	// NotePack is the button of a pack: Credits for Stars, Percent more than without a bonus (may be 0), Monthly if it is paid each
	// month.
	NotePack Key = "note.pack"
	// ButtonBuy shows what there is to buy, ButtonPacks the rest of it.
	ButtonBuy   Key = "button.buy"
	ButtonPacks Key = "button.packs"
	// NoteInvoice says on an invoice what it is for: Count credits.
	NoteInvoice Key = "note.invoice"
	// MessagePaid is the receipt: Count credits for Stars, Balance with them, Charge is Telegram's id, When a subscription is paid
	// until (nil for none), Waits if a wish waits for it.
	MessagePaid    Key = "message.paid"
	ButtonPaintNow Key = "button.paint_now"
	// MessageSubscribe offers a subscription: Count credits for Stars each month.
	MessageSubscribe Key = "message.subscribe"
	ButtonSubscribe  Key = "button.subscribe"
	// MessageSubscription shows a running subscription: Count credits for Stars each month, When: paid until.
	MessageSubscription Key = "message.subscription"
	// MessageSubscriptionCanceled shows one that does not renew, paid until When.
	MessageSubscriptionCanceled Key = "message.subscription_canceled"
	MessageSubscriptionNone     Key = "message.subscription_none"
	MessageSubscriptionEnded    Key = "message.subscription_ended"
	// MessageSubscriptionStuck: Telegram does not let it renew again.
	MessageSubscriptionStuck Key = "message.subscription_stuck"
	// MessageDeskPayment tells operators of a payment that is not as ordered: Reason, a label; Stars; Credits that were given;
	// Person, hashed; Charge.
	MessageDeskPayment Key = "message.desk_payment"
	ButtonUnsubscribe  Key = "button.unsubscribe"
	ButtonResubscribe  Key = "button.resubscribe"
)

// Reasons why a payment is not let through. The person reads them in Telegram's payment form.
const (
	AnswerPayGone    Key = "answer.pay_gone"
	AnswerPayPaid    Key = "answer.pay_paid"
	AnswerPayForeign Key = "answer.pay_foreign"
	AnswerPayPrice   Key = "answer.pay_price"
	AnswerPayBanned  Key = "answer.pay_banned"
	AnswerPayErasing Key = "answer.pay_erasing"
)
