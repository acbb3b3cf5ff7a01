"""Coughs and other sounds over the agent: loud, but not speech."""

from recordings.make.script import Noise, Persona, Reply, Scene, Turn

COUGHS = Scene(
    id="coughs",
    title="Coughs, a door, typing",
    description="A caller with a cold coughs, clears their throat, shuts a door and types while the agent talks.",
    seed=125,
    persona=Persona("awb", stretch=0.95),
    notes="No sound made over the agent here is speech, and none of it should stop the agent.",
    kind="noise",
    moves=(
        Turn(
            "Hello. I've had this awful cough since Sunday night.",
            Reply(
                "greeting",
                "I am sorry to hear that, a cough like yours can be really tiring. "
                "Let me ask you a few quick questions so that I can find the right person for you today.",
                "a0,0,sympathetic,Oh dear",
            ),
            reply_s=3.0,
        ),
        Noise("cough", into_s=1.4),
        Turn(
            "I had a little fever on Monday, but it's gone now.",
            Reply(
                "symptoms",
                "Thank you, it is good to hear that the fever has gone away again. "
                "Have you noticed any pain in your chest, or have you been short of breath at any time since then?",
                "a0,1,sympathetic,Oh no",
            ),
            reply_s=3.1,
        ),
        Noise("throat_clear", into_s=1.2),
        Turn(
            "No pain. I'm just tired all the time.",
            Reply(
                "symptoms",
                "That is quite common, and rest is the best thing for it right now. "
                "I would still like Dr. Lee to listen to your chest, and she is free tomorrow at 8 a.m. or later.",
                "a0,1,calm,Mm",
            ),
            after_s=0.7,
            reply_s=3.0,
        ),
        Noise("door", into_s=1.5),
        Turn(
            "Tomorrow morning is good for me.",
            Reply(
                "book",
                "Then I am booking you in for tomorrow at 8 a.m. with Dr. Lee. "
                "Please wear a mask in the waiting room and use the side door on the left of the main one.",
                "a1,0,friendly,Let me book that",
            ),
            reply_s=3.2,
        ),
        Noise("keys", into_s=1.0),
        Turn(
            "I've written that down. Should I take anything for it tonight?",
            Reply(
                "advice",
                "Warm drinks and honey help most people through the night with a cough. "
                "If it keeps you awake, your pharmacist can suggest a syrup that goes with your other medicines.",
            ),
            reply_s=3.2,
        ),
        Noise("double_cough", into_s=1.3),
        Turn(
            "Okay. Thank you for your help.",
            Reply(
                "goodbye",
                "You are welcome, and I hope you feel a bit better by tomorrow. Get some rest.",
                "e0,0,sympathetic,",
            ),
        ),
    ),
    spare=(
        Reply(
            "symptoms", "Take your time, I can wait until the cough has settled down. Then we go on.", "a0,0,calm,"
        ),
        Reply("advice", "I am still on the line if there is anything else you need. Just tell me."),
    ),
)
