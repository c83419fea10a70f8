"""Campaigns that come each year, ready to be announced: their shifts, what they ask for, and what to bring.

A template is data of the place: its texts are what volunteers will read, in the language of the village, and can be
changed activity by activity once it is announced. Add one here; its name is in api/messages/activities.py.
"""

from dataclasses import dataclass

N_ = str  # marks what the edge shows in the reader's language; what is announced stays in the village's


@dataclass(frozen=True)
class CampaignShift:
    """A part of each day of a campaign."""

    name: str
    starts: str
    ends: str
    capacity: int


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What a template fills in. `month_day`: when it usually begins, as a proposal; "" where that moves from year to year."""

    title: str
    service_class: str
    days: int
    shifts: tuple[CampaignShift, ...]
    note: str
    month_day: str = ""
    skills: tuple[str, ...] = ()
    age_from: int | None = None
    needs_insurance: bool = False
    closes_minutes: int | None = None


CAMPAIGNS: dict[str, Campaign] = {
    # The examination is on 7 to 9 June in most provinces; drivers take pupils there, others stand at the gates.
    "exam_escort": Campaign(
        title="爱心送考",
        service_class="public",
        days=3,
        month_day="06-07",
        shifts=(
            CampaignShift(N_("早送考车队"), "06:30", "09:30", 12),
            CampaignShift(N_("考点服务 上午"), "07:30", "11:45", 10),
            CampaignShift(N_("考点服务 下午"), "13:30", "17:30", 10),
        ),
        note=N_("送水、引路、看管物品、接送考生。请穿志愿者马甲，手机静音，不在考点门口鸣笛。开车的志愿者带好驾驶证。"),
        age_from=18,
        needs_insurance=True,
        closes_minutes=24 * 60,
    ),
    "double_ninth": Campaign(
        title="重阳敬老",
        service_class="visits",
        days=1,
        shifts=(
            CampaignShift(N_("理发量血压"), "08:30", "11:30", 8),
            CampaignShift(N_("包饺子、送餐"), "09:00", "13:00", 12),
            CampaignShift(N_("上门看望高龄老人"), "14:00", "17:00", 10),
        ),
        note=N_("先到服务点领名单和慰问品。上门两人一组，给老人留下服务点电话。"),
        closes_minutes=12 * 60,
    ),
    # The great heat begins around 23 July; children are off school and by the water.
    "summer_water": Campaign(
        title="夏日防溺水巡河",
        service_class="public",
        days=14,
        month_day="07-15",
        shifts=(
            CampaignShift(N_("午间巡河"), "11:30", "14:00", 3),
            CampaignShift(N_("傍晚巡河"), "16:30", "19:00", 4),
        ),
        note=N_("两人一组，带救生圈和喇叭，不单独下水；高温橙色预警时听通知暂停。"),
        age_from=18,
        needs_insurance=True,
        closes_minutes=2 * 60,
    ),
    "winter_warmth": Campaign(
        title="冬日送温暖",
        service_class="visits",
        days=2,
        month_day="01-10",
        shifts=(
            CampaignShift(N_("清点和装袋"), "08:30", "11:00", 6),
            CampaignShift(N_("入户送物资"), "13:30", "17:00", 12),
        ),
        note=N_("入户看取暖：查烟道、一氧化碳报警器和电热毯，记下要修的。"),
        closes_minutes=12 * 60,
    ),
}
