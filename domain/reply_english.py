"""Pieces of what English-speaking families answer: (meaning, rule, regular expression); see `domain.reply_words`."""

from __future__ import annotations

_NAME = r"NAME(?: (?:and|y) NAME)*"
_WE = (
    r"(?:i|we|she|he|they|both(?: kids| girls| boys| children)?|my (?:daughter|son|child|kid|kids|children"
    r"|girl|boy)|"
    rf"{_NAME})"
)
_IS = r"(?: is| are| am| s| m| re| was| were| has been| have been| got| woke up)"
_MUCH = r"(?: really| very| so| still| quite| pretty| too| a bit| a little| feeling| not feeling too)*"
_ILL = (
    r"(?:sick|ill|unwell|under the weather|vomiting|throwing up|running a (?:fever|temperature)|not well"
    r"|not feeling"
    r"(?: too| so| very)? (?:well|good|great)|(?:home|in bed|at home|off) (?:sick|ill|with (?:a "
    r"|the )?(?:fever|flu|cold))"
    r"|at the (?:doctor|doctors|doctor s|hospital)|in (?:the )?hospital)"
)
_SYMPTOM = (
    r"(?:a |the |an )?(?:bad |high |slight |terrible )?(?:fever|temperature|flu|stomach flu|cold"
    r"|stomach ?ache|stomach bug"
    r"|tummy ache|headache|migraine|cough|sore throat|covid|virus|bug|infection|ear infection|toothache"
    r"|food poisoning"
    r"|strep(?: throat)?|chicken ?pox)"
)
_CANNOT = (
    r"(?:can ?t|cannot|can not|couldn ?t|could not|won ?t|will not|wasn t able to|was not able to"
    r"|weren t able to"
    r"|is not able to|isn t able to|are not able to|aren t able to|am not able to|m not able to"
    r"|will be unable to"
    r"|is unable to|are unable to|unable to|won t be able to|will not be able to)"
)
_COME = (
    r"(?:make it|come|attend|be there|be in class|do it)"
    r"(?: to (?:the |her |his |our )?(?:class|lesson|session))?"
)
_EVENT = (
    r"(?:a |an |another |other |her |his )?(?:(?:doctor s?|doctors|dentist|dental|medical"
    r"|orthodontist) )?(?:appointment"
    r"|commitment|exam|test|match|game|practice|rehearsal|recital|schedul(?:e|ing) conflict|conflict|clash"
    r"|school event"
    r"|school trip|field trip|birthday party|party|wedding|funeral|family emergency|emergency|plans)"
)
_CLOCK = r"(?: (?:after|before|at|around) \d{1,2}(?: ?\d{2})?(?: ?[ap]m)?)?"

PIECES: tuple[tuple[str, str, str], ...] = (
    ("ill", "code", r"(?:(?:option|answer|number|opcion|respuesta|numero) )?#?1(?: =)?"),
    ("clash", "code", r"(?:(?:option|answer|number|opcion|respuesta|numero) )?#?2(?: =)?"),
    ("call_me", "code", r"(?:(?:option|answer|number|opcion|respuesta|numero) )?#?3(?: =)?"),
    (
        "ill",
        "is_ill",
        rf"(?:(?:{_WE}{_IS}?|is|was|feeling|feels|felt|got|{_WE} (?:feels?"
        rf"|felt)){_MUCH} )?{_ILL}",
    ),
    (
        "ill",
        "is_ill",
        rf"{_WE} (?:does ?n t|doesnt|does not|do not|don t|did not|didn t|isn t|is not|aren t"
        rf"|wasn t)"
        r" feel(?:ing)?(?: too| so| very)? (?:well|good|great)",
    ),
    (
        "ill",
        "symptom",
        rf"(?:{_WE} )?(?:has|have|had|s got|has got|caught|came down with|is down with"
        rf"|with) {_SYMPTOM}"
        rf"(?: and {_SYMPTOM})?",
    ),
    ("ill", "symptom", r"(?:fever|flu|stomach flu|covid)"),
    ("absent", "cannot_come", rf"(?:{_WE} )?{_CANNOT} {_COME}"),
    (
        "absent",
        "cannot_come",
        rf"(?:{_WE} )?(?:is not|isn t|are not|aren t|am not|m not|s not|re not"
        rf"|not) (?:coming|attending"
        r"|joining|going to (?:make it|be there|come|join)|able to (?:make it|come|join))",
    ),
    (
        "absent",
        "cannot_come",
        rf"(?:{_WE} )?(?:won ?t|will not) be (?:there|coming|attending|joining"
        rf"|able to {_COME})",
    ),
    ("absent", "cannot_come", rf"{_WE}(?: is| are| s| re| will be| was| were) (?:absent|out)"),
    ("clash", "appointment", rf"(?:{_WE} )?(?:has|have|had|got) {_EVENT}"),
    (
        "clash",
        "appointment",
        rf"(?:{_WE}(?: is| are| am| s| m| re| was| were) )?(?:busy|at (?:a|an"
        rf"|the) {_EVENT})",
    ),
    (
        "clash",
        "time_clash",
        r"(?:clash|schedul(?:e|ing) conflict|time conflict|the time (?:clashed|clashes"
        r"|conflicts)"
        r"|(?:the |this |that )?time (?:does ?n t|does not|did ?n t|did not) (?:work|suit)(?: for)?(?: us| me"
        r"| her| him)?)",
    ),
    (
        "clash",
        "away",
        rf"(?:{_WE}(?: is| are| am| s| m| re| was| were) )?(?:on (?:vacation|holidays?"
        rf"|a trip)|out of town"
        r"|travell?ing|abroad|out of the country)",
    ),
    (
        "call_me",
        "call_asked",
        r"(?:can|could|would|will) (?:you|someone|somebody) (?:please |pls |kindly )?"
        rf"(?:call|phone|ring)(?: (?:me|us))?(?: back)?{_CLOCK}(?: (?:today|please))*(?: \?)?",
    ),
    ("call_me", "call_asked", rf"(?:call|phone|ring|(?:please|pls) call) (?:me|us)(?: back)?{_CLOCK}"),
    (
        "call_me",
        "call_asked",
        r"(?:(?:please|pls) call(?: back)?|call please|call back please|give (?:me"
        r"|us) a (?:call|ring))",
    ),
    (
        "call_me",
        "call_asked",
        r"(?:i|we) (?:would like|d like|want|need) (?:a call|you to call(?: (?:me"
        r"|us))?|to (?:talk|speak)"
        r"(?: (?:to|with) (?:you|someone|somebody))?)(?: on the phone)?",
    ),
    (
        "call_me",
        "call_asked",
        r"(?:let s talk|lets talk|can we (?:talk|speak)|could we (?:talk"
        r"|speak))(?: on the phone)?"
        r"(?: \?)?",
    ),
    (
        "stop",
        "stop_asked",
        r"(?:stop(?: (?:it|now|all))?|unsubscribe(?: (?:me|us))?|opt (?:me |us )?out"
        r"|leave (?:me|us) alone)",
    ),
    (
        "stop",
        "stop_asked",
        r"stop(?: (?:texting|messaging|contacting|sending)(?: (?:me|us))?)?(?: (?:these"
        r"|any|the))?"
        r"(?: (?:texts?|messages?|sms|text messages))?",
    ),
    (
        "stop",
        "stop_asked",
        r"(?:do not|don t|dont) (?:text|message|contact)(?: (?:me|us))?(?: (?:anymore"
        r"|any more|again))?",
    ),
    ("stop", "stop_asked", r"no more (?:texts?|messages?|sms|text messages)"),
    (
        "stop",
        "stop_asked",
        r"(?:take (?:me|us) off|remove (?:me|us|my number|this number)(?: from)?)"
        r"(?: (?:your|the|this) (?:text )?list)?",
    ),
    ("stop", "stop_asked", r"i (?:want|would like|d like) to (?:unsubscribe|opt out)"),
    (
        "start",
        "start_asked",
        r"(?:(?:start|resume) (?:texting me|texts|messages|the texts)(?: again)?"
        r"|text me again)",
    ),
    (
        "late",
        "late",
        rf"(?:{_WE}(?: is| are| am| s| m| re| will be| ll be)? )?(?:going to be |running "
        rf"|gonna be )?(?:a bit |a"
        r" little |\d+ min(?:ute)?s? )?late(?: by)?(?: \d+ min(?:ute)?s?)?",
    ),
)

FILLERS: tuple[str, ...] = (
    r"(?:hi|hello|hey|hi there|good (?:morning|afternoon|evening|day))",
    r"(?:thanks|thank you|thx|ty)(?: (?:so much|very much|a lot|for asking|for checking|for your message))?",
    r"(?:(?:i|we)(?: am| m| are| re) )?(?:so |very )?sorry(?: about that| for the late (?:notice|reply))?",
    r"(?:(?:my |our )?apologies|unfortunately|sadly|please|pls|yes|ok|okay|just)",
    rf"no(?= {_WE} )",
    r"(?:and|but|so|because|as|since|bc|cause)",
    r"(?:today|tonight|this (?:morning|afternoon|evening|week|time)|(?:right )?now|yesterday|at the moment"
    r"|again|for today"
    r"|since (?:yesterday|this morning|last night)|last night)",
    r"(?:this is )?NAME s (?:mom|mum|mother|dad|father|parent|grandma|grandmother|grandpa)(?: here)?",
)
