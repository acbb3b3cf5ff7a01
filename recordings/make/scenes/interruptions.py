"""Interruptions: a caller who really takes the floor, and an agent that should give it up."""

from recordings.make.script import Interruption, Persona, Reply, Scene, Turn

INTERRUPTIONS = Scene(
    id="interruptions",
    title="Cutting the agent short",
    description="A hurried caller breaks into the agent's answers three times, for two seconds or more each.",
    seed=104,
    persona=Persona("rms", stretch=0.84, pitch_hz=112, sentence_gap_s=0.25),
    notes="Each interruption is continuous speech and should stop the agent.",
    kind="interruption",
    moves=(
        Turn(
            "Hi. I want to see someone about a rash on my arm.",
            Reply(
                "greeting",
                "I can certainly find you a visit with one of our skin doctors this week. "
                "Our next opening is on Wednesday morning at the clinic on Pine Street, "
                "and after that there is one on Friday at the main building.",
            ),
            reply_s=3.0,
        ),
        Interruption(
            "Sorry but I can't do Wednesday because I work all morning.",
            Reply(
                "offer_times",
                "That is no trouble, we can look at the Friday visit instead of Wednesday. "
                "It is at 2 p.m. in the main building with Dr. Lee.",
                "a0,0,sympathetic,Oh okay",
            ),
            into_s=1.8,
        ),
        Turn(
            "Friday works. What do I need to bring?",
            Reply(
                "prepare",
                "Please bring your insurance card and a list of the medicines you take now. "
                "If you have photos of the rash from the first days, bring those too, "
                "because Dr. Lee likes to see how it has changed over time.",
                "a0,1,friendly,Mm",
            ),
            reply_s=3.0,
        ),
        Interruption(
            "Wait I changed my insurance last month so that card is no good.",
            Reply(
                "insurance",
                "Thank you for telling me, we can update that before you come in. Who are you insured with now?",
                "a0,0,serious,I see",
            ),
            into_s=1.5,
        ),
        Turn(
            "It's with Northern Mutual since the first of May.",
            Reply(
                "insurance",
                "Northern Mutual is fine with us, so you will not have to pay anything extra. "
                "I will send you a short form by email, and you can fill it in on your phone "
                "at any time before the visit on Friday.",
                "a1,1,cheerful,Great",
            ),
            after_s=0.5,
            reply_s=3.0,
        ),
        Interruption(
            "Actually can you send that form by regular mail instead?",
            Reply(
                "confirm",
                "Of course, I will put the form in the mail for you this afternoon. You get it on Thursday.",
                "a0,0,friendly,Sure",
            ),
            into_s=2.2,
        ),
        Turn(
            "Perfect. Thanks a lot.",
            Reply(
                "goodbye",
                "You are welcome, and we will see you on Friday at 2 p.m. sharp. Take care.",
                "e0,0,friendly,",
            ),
        ),
    ),
    spare=(
        Reply("confirm", "I am sorry, please go ahead and tell me what you need. I am listening.", "a0,0,calm,"),
    ),
)
