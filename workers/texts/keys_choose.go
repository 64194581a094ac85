package texts

// Messages for choosing and knowing first.
const (
	// MessageFlagModel Flag does not go with the model Model; Able are those it goes with, may be empty. Pick names another.
	MessageFlagModel Key = "message.flag_model"
	// MessageModelCannot the model Model does not do this; Able are those that do, may be empty. Takes is how many pictures it takes, where that is
	// the reason, or empty.
	MessageModelCannot Key = "message.model_cannot"
	// MessageSettings shows what the person set. Unfit are settings that Model leaves out, may be empty.
	MessageSettings Key = "message.settings"
	// MessageSetRatio asks for a shape.
	MessageSetRatio Key = "message.set_ratio"
	// MessageSetQuality asks for a quality. Fixed is a model that has no choice, or empty.
	MessageSetQuality Key = "message.set_quality"
	// MessageSetCount asks how many pictures at a time.
	MessageSetCount Key = "message.set_count"
	// MessageSetStyle asks for a style.
	MessageSetStyle Key = "message.set_style"
	// MessageSetAsk asks up to which price to start without asking.
	MessageSetAsk Key = "message.set_ask"
	// MessageSetCap asks for a monthly limit. Spent so far, and When the month is over.
	MessageSetCap Key = "message.set_cap"
	// MessageSetReset asks before all settings are forgotten.
	MessageSetReset Key = "message.set_reset"
	// MessagePresets lists the presets. Rows: RowPreset; Flag uses the first.
	MessagePresets Key = "message.presets"
	// RowPreset is one preset: Name and Flags.
	RowPreset Key = "row.preset"
	// MessagePresetsEmpty says how a preset is made. Example: a command.
	MessagePresetsEmpty Key = "message.presets_empty"
	// MessagePresetHow says how a preset is saved. Example: a command.
	MessagePresetHow Key = "message.preset_how"
	// MessagePresetSaved Name was saved with Flags; Flag uses it.
	MessagePresetSaved Key = "message.preset_saved"
	// MessagePresetName: Name, empty if none was given, cannot be the name of a preset of at most Max characters. Example: a command.
	MessagePresetName Key = "message.preset_name"
	// MessagePresetWords a preset keeps no prompt; Words are in the way.
	MessagePresetWords Key = "message.preset_words"
	// MessagePresetNothing there is nothing to save. Example: a command.
	MessagePresetNothing Key = "message.preset_nothing"
	// MessagePresetsFull Count presets are all that are kept.
	MessagePresetsFull Key = "message.presets_full"
	// MessageQuote asks before Prompt is painted: Count credits with Title, From and Until (0 if unknown) as in MessageQueued; Left remain, said only to the person alone (Private).
	MessageQuote Key = "message.quote"
	// MessageQuoteDropped a quote was turned down.
	MessageQuoteDropped Key = "message.quote_dropped"
	// MessageQuoteDown the model Title cannot be reached; buttons offer others for Prompt, and to wait.
	MessageQuoteDown Key = "message.quote_down"
	// MessageCapped Count credits would exceed the person’s own monthly limit: Spent of Cap; When it starts over.
	MessageCapped Key = "message.capped"
	// RowCost says what a generation costs: Count credits; Left remain, said only to the person alone (Private).
	RowCost Key = "row.cost"
)

// Notes for choosing.
const (
	// NoteLeaveOut says what --no takes.
	NoteLeaveOut Key = "note.leave_out"
	// NoteCanEdit what a model can do, on its row.
	NoteCanEdit Key = "note.can_edit"
	// NoteCanRefs Count pictures can be given at once.
	NoteCanRefs Key = "note.can_refs"
	// NoteCanUpscale what a model can do, on its row.
	NoteCanUpscale Key = "note.can_upscale"
	// NoteCanExpand what a model can do, on its row.
	NoteCanExpand Key = "note.can_expand"
)

// Buttons for choosing and knowing first.
const (
	ButtonStyleNone       Key = "button.style_none"
	ButtonStylePhoto      Key = "button.style_photo"
	ButtonStyleCinematic  Key = "button.style_cinematic"
	ButtonStyleAnime      Key = "button.style_anime"
	ButtonStyleComic      Key = "button.style_comic"
	ButtonStyleWatercolor Key = "button.style_watercolor"
	ButtonStyleOil        Key = "button.style_oil"
	ButtonStyleInk        Key = "button.style_ink"
	ButtonStylePixel      Key = "button.style_pixel"
	ButtonStyle3D         Key = "button.style_3d"
	ButtonStyleIsometric  Key = "button.style_isometric"
	ButtonStylePoster     Key = "button.style_poster"
	ButtonStyleClay       Key = "button.style_clay"
	// ButtonSetModel opens who paints. Value: what is set.
	ButtonSetModel Key = "button.set_model"
	// ButtonSetRatio opens the shape. Value: what is set.
	ButtonSetRatio Key = "button.set_ratio"
	// ButtonSetQuality opens the quality. Value: what is set.
	ButtonSetQuality Key = "button.set_quality"
	// ButtonSetCount opens pictures at a time. Value: what is set.
	ButtonSetCount Key = "button.set_count"
	// ButtonSetStyle opens the style. Value: what is set.
	ButtonSetStyle Key = "button.set_style"
	// ButtonSetAsk opens the price above which to ask. Value: what is set.
	ButtonSetAsk Key = "button.set_ask"
	// ButtonSetCap opens the monthly limit. Value: what is set.
	ButtonSetCap Key = "button.set_cap"
	// ButtonSetPresets opens how many presets. Value: what is set.
	ButtonSetPresets    Key = "button.set_presets"
	ButtonSettings      Key = "button.settings"
	ButtonBack          Key = "button.back"
	ButtonSetSave       Key = "button.set_save"
	ButtonSetReset      Key = "button.set_reset"
	ButtonResetYes      Key = "button.reset_yes"
	ButtonAuto          Key = "button.auto"
	ButtonQualityLow    Key = "button.quality_low"
	ButtonQualityMedium Key = "button.quality_medium"
	ButtonQualityHigh   Key = "button.quality_high"
	ButtonNever         Key = "button.never"
	ButtonAlways        Key = "button.always"
	ButtonNoLimit       Key = "button.no_limit"
	ButtonStart         Key = "button.start"
	ButtonNotNow        Key = "button.not_now"
	ButtonWait          Key = "button.wait"
	// NoteRival is another model for the same wish: Title, Credits it takes, Typical time.
	NoteRival   Key = "note.rival"
	ButtonRaise Key = "button.raise"
)

// Words about pictures and prompts, shown before anything is painted.
const (
	// MessageWords shows a proposed Prompt.
	MessageWords Key = "message.words"
	// MessageWordsNone: nobody here, or nobody the person allows, does this.
	MessageWordsNone Key = "message.words_none"
	// MessageWordsLimit: the hour's share is used up; Until, a time.Duration.
	MessageWordsLimit    Key = "message.words_limit"
	MessageWordsFailed   Key = "message.words_failed"
	MessageWordsRefused  Key = "message.words_refused"
	MessageWordsPicture  Key = "message.words_picture"
	MessageWordsChange   Key = "message.words_change"
	MessageDescribeWhat  Key = "message.describe_what"
	MessageImproveWhat   Key = "message.improve_what"
	MessageTranslateWhat Key = "message.translate_what"
	ButtonWordsPaint     Key = "button.words_paint"
	ButtonWordsChange    Key = "button.words_change"
	ButtonWordsAnother   Key = "button.words_another"
	CommandDescribe      Key = "command.describe"
	CommandImprove       Key = "command.improve"
	CommandTranslate     Key = "command.translate"
)

// Commands for choosing.
const (
	CommandSettings Key = "command.settings"
	CommandPreset   Key = "command.preset"
)

// Answers about quotes.
const (
	AnswerQuoteRenewed Key = "answer.quote_renewed"
)
