package texts

// Texts about erasing everything of a person.
const (
	// MessageErase says what an erasure takes and what stays: Images, Rows of everything else; Running generations; Talking and
	// Subscription, whether there is one; Stars that go back, Lost credits that do not; Payments; When the keyed code is
	// dropped; Wait until it is done.
	MessageErase     Key = "message.erase"
	MessageEraseSure Key = "message.erase_sure"
	// MessageEraseWaits: it is done after Wait. MessageEraseKept: it is not.
	MessageEraseWaits Key = "message.erase_waits"
	MessageEraseKept  Key = "message.erase_kept"
	// MessageErasing answers whoever is being erased.
	MessageErasing Key = "message.erasing"
	AnswerErasing  Key = "answer.erasing"
	// MessageErased is the last word: Records and Files that were deleted, Stars that went back, Kept those that Telegram did not
	// give back, Receipt.
	MessageErased Key = "message.erased"
	// MessageCheckErased: a receipt that somebody was erased on the day When is genuine; it was asked for on the day Asked.
	MessageCheckErased Key = "message.check_erased"
	ButtonErase        Key = "button.erase"
	ButtonEraseNo      Key = "button.erase_no"
	ButtonEraseYes     Key = "button.erase_yes"
	ButtonEraseNow     Key = "button.erase_now"
	ButtonEraseKeep    Key = "button.erase_keep"
)
