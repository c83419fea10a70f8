"""Receipts: refusals, and every sentence that the checking page may say."""

from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES = {
    "statement_too_long": _("这段时间的流水超过 %(most)s 笔,一份对账单放不下。"),
    "receipt_not_ready": _("这一笔刚刚记上,还没有签进检查点。"),
}

NEXT = {
    "statement_too_long": _("请分成几段时间来打印。"),
    "receipt_not_ready": _("请过一分钟再来,或者在回执页上点“现在就签”。"),
}

# What an entry of a use case counts in, for who has nothing but the receipt.
UNIT_OF_MODULE = {"attendance": "min", "orders": "min", "publicity": "pt", "shop": "pt"}

# The sentences of static/js/receipt/page.js, by the names that it and proof.js use; {facts} are filled in there.
SENTENCES: dict[str, Any] = {
    "all.good": _("回执有效:这一笔确实在账上。"),
    "all.bad": _("回执没有通过核对。"),
    "all.limits": _("回执证明签名时账上有过这一笔;后来有没有冲正,要看账本。"),
    "facts.proved": _("证明了什么"),
    "facts.claimed": _("回执上写着(没有得到证明)"),
    "detail.shown": _("这一笔的明细"),
    "steps": _("逐项核对"),
    "good": _("对"),
    "bad": _("不对"),
    "none": _("没有核对"),
    "time": _("{time}(北京时间)"),
    "account": _("账户 {account}"),
    "amount.min": _("{number} 分钟"),
    "amount.pt": _("{number} 分(积分)"),
    "amount.any": _("{number}(时间账户是分钟,积分账户是 0.1 分)"),
    "fact.what": _("什么事"),
    "fact.amount": _("数额"),
    "fact.at": _("记账时刻"),
    "fact.on": _("发生日"),
    "fact.legs": _("分录"),
    "fact.of": _("冲正的是第几笔"),
    "fact.seq": _("账上第几笔"),
    "fact.log": _("账本"),
    "fact.size": _("检查点签到第几笔"),
    "key.recalled": _("已填上这台设备记住的公钥。"),
    "key.other": _("注意:您填的公钥与这台设备以前为这个账本记住的不同。请弄清楚为什么。"),
    "file.large": _("文件太大,不会是回执。"),
    "file.picture": _("照片里没有认出二维码。请拍得近一些、正一些,或者粘贴文字。"),
    "step.form": _("回执的格式"),
    "step.key": _("账本的公钥"),
    "step.trust": _("见证人的公钥"),
    "step.entry": _("这一笔的原文"),
    "step.signature": _("检查点的签名"),
    "step.path": _("从这一笔到检查点的路径"),
    "step.detail": _("明细"),
    "step.witnesses": _("见证人的签名"),
    "good.form": _("读得懂:账本 {origin},检查点签到第 {size} 笔。"),
    "good.key": _("用来比对的是 {name},编号 {id}。请与纸上的比一比。"),
    "good.trust": _("读到 {count} 个公钥。"),
    "none.trust": _("没有填,所以不看见证人的签名。"),
    "good.entry": _("写的是第 {seq} 笔,与回执的编号一致。指纹 {hash}"),
    "good.signature": _("{name} 用编号 {id} 的密钥签了到第 {size} 笔的检查点。"),
    "good.path": _(
        "由原文的指纹和 {count} 个相邻的指纹,一步步算出了检查点里的总指纹 {root}。少一笔、改一笔都算不出来。"
    ),
    "good.detail": _("明细与原文里的指纹一致,没有改过。"),
    "none.detail": _("这份回执不带明细:这一笔没有,或者已按规定抹除。原文仍然有效。"),
    "good.witnesses": _("{of} 个见证人里有 {count} 个签过名:{names}。最近一次 {newest}(北京时间)。"),
    "wrong.form.long": _("太长了,不会是回执。"),
    "wrong.form.other": _("这不是回执。第一行应该是 c2sp.org/tlog-proof@v1。"),
    "wrong.form.cut": _("回执不完整:后面的检查点不见了。"),
    "wrong.form.lines": _("回执的行不对:应该依次是 extra、index 和一行一个的指纹。"),
    "wrong.form.extra": _("extra 一行里的原文或明细读不懂。"),
    "wrong.form.note": _("检查点读不懂。"),
    "wrong.form.base64": _("有一行不是规范的 base64,可能抄漏或者改过。"),
    "wrong.key.missing": _("还没有填账本的公钥。没有公钥,就不知道检查点是谁签的。"),
    "wrong.key.form": _("公钥的样子是:名称+8 位编号+base64。"),
    "wrong.key.kind": _("{name} 的公钥不是这个用途的。"),
    "wrong.key.id": _("公钥 {name} 的编号与内容不符,可能抄错了。"),
    "wrong.trust.line": _("见证人策略里这一行读不懂:{line}"),
    "wrong.trust.quorum": _("见证人策略里没有 quorum 一行。"),
    "wrong.entry.form": _("原文不是这种账本写得出来的。"),
    "wrong.entry.index": _("原文说自己是第 {seq} 笔,回执却说是第 {index} 笔。"),
    "wrong.signature.name": _("公钥是 {name} 的,回执却来自 {origin}。"),
    "wrong.signature.missing": _("检查点上没有编号 {id} 的签名:不是这把密钥签的。"),
    "wrong.signature.wrong": _("编号 {id} 的签名不对:检查点改过,或者不是这把密钥签的。"),
    "wrong.path.beyond": _("这一笔是第 {seq} 笔,检查点只签到 {size} 笔。"),
    "wrong.path.count": _("相邻的指纹有 {count} 个,多了或者少了。"),
    "wrong.path.root": _("算出的总指纹与检查点里的不同:原文、编号或路径改过。"),
    "wrong.detail.ref": _("明细与原文里的指纹不符:明细改过。"),
    "wrong.detail.form": _("明细读不懂。"),
    "wrong.witnesses.wrong": _("见证人 {name} 的签名不对。"),
    "wrong.witnesses.few": _("{of} 个见证人里只有 {count} 个签过名,不够。"),
}
