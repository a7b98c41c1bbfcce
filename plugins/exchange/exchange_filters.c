/* exchange_filters.c
 * The entries of the menu Conversation Filter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange_filters.h"

#include "ws_compat.h"

#include <epan/packet.h> /* first: the next one does not declare what it uses */

#include <epan/conversation_filter.h>

#include "exchange_fields.h"
#include "items.h"
#include "mapi_follow.h"
#include "track/mailbox_session.h"
#include "track/vc_names.h"

static ws_compat_bool
has_mailbox(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    const struct exchange_summary *summary = exchange_fields_shown(pinfo);

    return summary && summary->mailbox;
}

static gchar *
filter_mailbox(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    return ws_strdup_printf("exchange.session == %" G_GUINT64_FORMAT,
                            exchange_fields_shown(pinfo)->mailbox->number);
}

static ws_compat_bool
has_user(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    const struct exchange_summary *summary = exchange_fields_shown(pinfo);
    char text[OA_USER_TEXT];

    return summary && summary->vc && oa_vc_user_name(summary->vc, text);
}

static gchar *
filter_user(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    char text[OA_USER_TEXT];

    return filter_of_text("exchange.user", oa_vc_user_name(exchange_fields_shown(pinfo)->vc, text));
}

static ws_compat_bool
has_session(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    return mapi_follow_session(pinfo) != NULL;
}

static gchar *
filter_session(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    return ws_strdup_printf("oxcmapihttp.session == %u",
                            (unsigned)mapi_follow_session(pinfo)->number);
}

void
exchange_filters_register(void)
{
    WS_COMPAT_REGISTER_FILTER("exchange", "Exchange: Mailbox session", has_mailbox, filter_mailbox);
    WS_COMPAT_REGISTER_FILTER("exchange", "Exchange: User", has_user, filter_user);
    WS_COMPAT_REGISTER_FILTER("oxcmapihttp", "MAPI over HTTP: Session", has_session,
                              filter_session);
}
