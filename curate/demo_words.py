"""The words of the demo's screening notes: sentences with `{slots}`, and what fills the slots. Data alone.

Every sentence fills to 7 to 12 words, so that a note of three to five sentences has 20 to 60. Plain ASCII without `&`, so
that nothing here looks like debris, and no run of digits that looks like personal data.
"""

# How a note speaks of its candidate: the pronouns, and what agrees with them. `neutral` is for notes without a pronoun.
PRONOUNS: dict[str, dict[str, str]] = {
    "woman": {
        "They": "She",
        "they": "she",
        "them": "her",
        "Their": "Her",
        "their": "her",
        "has": "has",
        "s": "s",
        "es": "es",
    },
    "man": {
        "They": "He",
        "they": "he",
        "them": "him",
        "Their": "His",
        "their": "his",
        "has": "has",
        "s": "s",
        "es": "es",
    },
    "nonbinary": {
        "They": "They",
        "they": "they",
        "them": "them",
        "Their": "Their",
        "their": "their",
        "has": "have",
        "s": "",
        "es": "",
    },
    "neutral": {
        "They": "The candidate",
        "they": "the candidate",
        "them": "the applicant",
        "Their": "The applicant's",
        "their": "the applicant's",
        "has": "has",
        "s": "s",
        "es": "es",
    },
}

OPENING = (
    "Screening call on {weekday} about the {role} opening in {city}.",
    "Spoke with {them} on {weekday} about the {role} post in {city}.",
    "{They} applied through {channel} for the {role} post in {city}.",
    "Second look at the file for {role}, {city}, as agreed {weekday}.",
    "Phone screen on {weekday} for {role}; {they} came through {channel}.",
    "The {city} team asked on {weekday} for a {role} from {channel}.",
)

# Years and dates say how old somebody is, without saying it.
EXPERIENCE = (
    "{They} {has} {years} years in {field}, most of them at {employer}.",
    "{They} joined {employer} in {year} and {has} worked in {field} since.",
    "Background: {field} at {employer}, {years} years in all, since {year}.",
    "{They} bring{s} {years} years of {field} from {employer} in {city}.",
    "After {years} years in {field} {they} want{s} to leave {employer}.",
)

# What is found out about a candidate, each with its points: the hidden score is their sum.
ASPECTS: dict[str, dict[int, tuple[str, ...]]] = {
    "skill": {
        1: (
            "{They} {has} deep and recent knowledge of {skill} and {other_skill}.",
            "Excellent command of {skill}, and {they} teach{es} {other_skill} to colleagues.",
            "{They} solved the questions on {skill} and {other_skill} without help.",
            "Very strong in {skill}; {their} work on {other_skill} is published.",
        ),
        0: (
            "{They} know{s} {skill} well enough and {has} met {other_skill} before.",
            "Fair knowledge of {skill}, and some practice with {other_skill} at work.",
            "{They} {has} used {skill} and {other_skill} now and then.",
            "Usual level in {skill}; {other_skill} was learnt on the job.",
        ),
        -1: (
            "{They} {has} only brief exposure to {skill} and none to {other_skill}.",
            "Weak on {skill}, and could not explain the basics of {other_skill}.",
            "{They} confused {skill} with {other_skill} more than once when asked.",
            "Gaps in {skill} and {other_skill} that would take long to close.",
        ),
    },
    "exercise": {
        1: (
            "The {task} exercise was finished early with {high} of fifty points.",
            "{Their} {task} exercise was the best of the week, {high} points.",
            "{They} passed the {task} exercise easily, with {high} points of fifty.",
        ),
        0: (
            "The {task} exercise was average, with {middle} points of fifty.",
            "{They} finished the {task} exercise in time, {middle} points of fifty.",
            "{Their} {task} exercise was acceptable, {middle} points, two small errors.",
        ),
        -1: (
            "The {task} exercise was left unfinished, with {low} points of fifty.",
            "{They} failed the {task} exercise, with only {low} points of fifty.",
            "{Their} {task} exercise had serious errors, only {low} points of fifty.",
        ),
    },
    "conversation": {
        1: (
            "{They} explained {topic} clearly and listened well to every question.",
            "Convincing on {topic}, with precise answers and good questions back.",
            "Everybody enjoyed talking with {them} about {topic}; thoughtful and warm.",
        ),
        0: (
            "{They} spoke calmly about {topic}, without going into much detail.",
            "The talk about {topic} was polite and rather short.",
            "{They} answered what was asked about {topic}, and little more.",
        ),
        -1: (
            "{They} stayed vague about {topic} and often missed the question.",
            "Answers about {topic} were evasive, and {they} interrupted several times.",
            "{They} seemed poorly prepared for questions about {topic} that day.",
        ),
    },
    "reference": {
        1: (
            "The reference from {employer} praises {them} highly, above all for {virtue}.",
            "{Their} former manager at {employer} would rehire at once, citing {virtue}.",
            "Outstanding reference from {employer}, with examples of {virtue} under pressure.",
        ),
        0: (
            "The reference from {employer} confirms the dates and mentions {virtue}.",
            "{Their} former manager at {employer} was friendly, naming {virtue}.",
            "Neutral reference from {employer}, with one line about {virtue}.",
        ),
        -1: (
            "The reference from {employer} has doubts about {their} {virtue}.",
            "{Their} former manager at {employer} hesitated when asked about {virtue}.",
            "Poor reference from {employer}, with complaints about missing {virtue}.",
        ),
    },
}

CLOSING = (
    "{They} could start in {notice} and would prefer {arrangement}.",
    "Notice period is {notice}; {they} ask{s} for {arrangement} if possible.",
    "Salary wish is {salary} thousand, with {arrangement}, starting in {notice}.",
    "{They} also spoke with {rival}, and expect{s} an answer in {notice}.",
)

# The lists below read better in lines than with one word a line.
# fmt: off
SLOTS: dict[str, tuple[str, ...]] = {
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "role": (
        "data analyst", "project manager", "site engineer", "payroll clerk", "sales adviser", "product designer",
        "network technician", "quality inspector", "warehouse planner", "software tester", "claims handler",
        "lab assistant", "copy editor", "bus scheduler", "energy consultant", "care coordinator", "purchasing officer",
        "training lead", "web developer", "shift supervisor",
    ),
    "city": (
        "Leeds", "Porto", "Bergen", "Lyon", "Graz", "Ghent", "Turin", "Bilbao", "Cork", "Aarhus", "Tampere", "Utrecht",
        "Gdansk", "Brno", "Basel", "Dresden", "Halifax", "Denver", "Tucson", "Dayton",
    ),
    "channel": (
        "the jobs page", "a job fair", "an agency", "a former colleague", "the alumni list", "a trade journal",
        "the staff newsletter", "an open day", "a training course", "the employment office",
    ),
    "field": (
        "logistics", "accounting", "hospital administration", "retail", "machine maintenance", "public transport",
        "insurance", "publishing", "food safety", "telecommunications", "water treatment", "tourism",
        "property management", "market research", "textile production", "customer service", "clinical trials",
        "forestry", "freight insurance", "adult education",
    ),
    "employer": (
        "Northgate Freight", "Alder Bank", "Quillon Press", "Harbour Clinic", "Vantis Rail", "Brightwater Utilities",
        "Osprey Retail", "Kestrel Foods", "Linden Insurance", "Marrow Textiles", "Copperfield Labs", "Tidewell Tours",
        "Juniper Telecom", "Stonebridge Homes", "Fennel Market", "Larkhill College", "Pinecrest Timber",
        "Ravenna Motors", "Solway Airports", "Thistle Energy",
    ),
    "skill": (
        "spreadsheets", "databases", "risk assessment", "contract law", "route planning", "budget control",
        "user interviews", "statistical tests", "payroll rules", "stock control", "technical drawing",
        "network security", "incident reports", "tax returns", "process mapping", "audit trails", "test automation",
        "quality standards", "demand forecasts", "tender documents", "web analytics", "laboratory safety",
        "staff rosters", "invoice matching", "cable testing", "supplier contracts", "patient records", "energy audits",
        "page layout", "training plans",
    ),
    "task": (
        "planning", "pricing", "writing", "drafting", "scheduling", "mapping", "sorting", "costing", "coding",
        "editing", "checking", "filing",
    ),
    "topic": (
        "deadlines", "difficult customers", "a failed project", "budget cuts", "night shifts", "a recent merger",
        "new software", "team conflicts", "delivery delays", "safety rules", "a product launch", "staff shortages",
        "remote work", "a large tender", "data protection", "a long strike",
    ),
    "virtue": (
        "reliability", "patience", "accuracy", "initiative", "teamwork", "punctuality", "curiosity", "leadership",
        "discretion", "persistence", "honesty", "flexibility",
    ),
    "notice": (
        "two weeks", "three weeks", "four weeks", "six weeks", "two months", "three months", "April", "May", "June",
        "September", "October",
    ),
    "arrangement": (
        "part-time hours", "two home days", "early shifts", "a fixed desk", "a four-day week", "flexible hours",
        "weekend work", "a travel card", "no night shifts", "a company van",
    ),
    "salary": (
        "thirty", "thirty-four", "thirty-eight", "forty", "forty-three", "forty-six", "fifty", "fifty-five", "sixty",
    ),
    "high": ("forty-four", "forty-five", "forty-six", "forty-seven", "forty-eight", "forty-nine"),
    "middle": ("thirty", "thirty-one", "thirty-two", "thirty-three", "thirty-four", "thirty-five"),
    "low": ("nine", "eleven", "twelve", "fourteen", "fifteen", "seventeen"),
}

YEARS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "twenty-one",
    "twenty-two", "twenty-three", "twenty-four", "twenty-five", "twenty-six", "twenty-seven", "twenty-eight",
    "twenty-nine", "thirty",
)
# fmt: on
