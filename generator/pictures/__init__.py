# SPDX-License-Identifier: Apache-2.0
"""The vector pictures of plan.html: each module works out where things stand, the template only prints shapes."""
