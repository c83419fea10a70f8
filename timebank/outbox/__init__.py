"""The outbox: reading one's notices, where else one wants them, and bringing them there.

inbox       a person's list of notices, also for her helper and for staff who tell her
contacts    the mail address that she gave and confirmed
deliveries  what is to be sent where, taken by a sender, sent, tried again or given up

A notice goes to the person's own confirmed address and to those of her confirmed helpers, who see it as hers. Who has
neither finds it in her list, and staff find it there to tell her. The sending itself is the edge's (api/outgoing.py).
"""
