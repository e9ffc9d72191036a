# SPDX-License-Identifier: Apache-2.0
def plan_html(resolved, dropped):
    return ""
